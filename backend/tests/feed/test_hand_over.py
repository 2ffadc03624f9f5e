"""A connection whose time is up or that misbehaves: its successor delivers first, whatever becomes of either."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from feed.frames import agg_trade, combined
from feed.servers import Client, Script, close_frame, eventually, frame, scripted
from feed.test_runner import HASTY, Line, at_work, good, hang_up, play
from quant.feed.link import Timing

HOUR_S = 3600.0
Scenario = Callable[[Line], Awaitable[None]]
OVERLAPPING = replace(HASTY, silent_s=1e9, hand_over_after_s=22.5 * HOUR_S)


def trade(number: int) -> bytes:
    return frame(combined(agg_trade(a=number)))


class Told:
    """A server that sends what the test says, when it says so."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.left = False

    async def __call__(self, client: Client) -> None:
        await client.upgrade()
        self.client = client
        await client.read_frames()
        self.left = True

    async def send(self, *data: bytes) -> None:
        await eventually(lambda: self.client, what="the connection")
        assert self.client is not None
        await self.client.send(*data)


async def due(line: Line) -> None:
    """Let the connection come to the end of its time."""
    await eventually(lambda: line.runner.is_open, what="an open connection")
    line.clock.ahead_s += OVERLAPPING.hand_over_after_s + 1


def run(*scripts: Script, scenario: Scenario, timing: Timing = OVERLAPPING) -> None:
    async def work() -> None:
        async with scripted(*scripts) as server, at_work(server.url, timing=timing) as line:
            await scenario(line)

    play(work())


def test_the_predecessor_stays_until_the_successor_delivers_what_it_does():
    old, new = Told(), Told()

    async def scenario(line: Line) -> None:
        await old.send(trade(1))
        await eventually(lambda: line.ids == [1], what="a trade")
        await due(line)
        await eventually(lambda: new.client, what="the successor")
        await old.send(trade(2))
        await eventually(lambda: line.ids == [1, 2], what="the predecessor's trade")
        line.clock.ahead_s += OVERLAPPING.overlap_s + 1
        await old.send(trade(3))
        await eventually(lambda: line.ids == [1, 2, 3], what="it still delivers")
        assert not old.left
        await new.send(trade(3))
        await eventually(lambda: old.left, what="the predecessor leaves")
        await new.send(trade(4))
        await eventually(lambda: line.ids == [1, 2, 3, 3, 4], what="the successor goes on")
        assert (line.runner.hand_overs, line.info().reconnects, line.waits_s) == (1, 0, [])
        assert line.info().last_error is None

    run(old, new, scenario=scenario)


def test_a_quiet_overlap_is_as_long_as_any():
    old, new = Told(), Told()

    async def scenario(line: Line) -> None:
        await due(line)
        await eventually(lambda: new.client, what="the successor")
        for _ in range(20):
            await asyncio.sleep(0)
        assert not old.left
        line.clock.ahead_s += OVERLAPPING.overlap_s + 1
        await eventually(lambda: old.left, what="the predecessor leaves")

    run(old, new, scenario=scenario)


def test_a_successor_that_never_delivers_is_taken_at_the_deadline():
    old, new = Told(), Told()

    async def scenario(line: Line) -> None:
        await due(line)
        await eventually(lambda: new.client, what="the successor")
        await old.send(trade(1))
        await eventually(lambda: line.ids == [1], what="the predecessor's trade")
        line.clock.ahead_s += OVERLAPPING.overlap_most_s + 1
        await eventually(lambda: old.left, what="the predecessor leaves")

    run(old, new, scenario=scenario)


def test_without_a_successor_the_predecessor_goes_on():
    old, new = Told(), Told()

    async def scenario(line: Line) -> None:
        await due(line)
        await eventually(lambda: line.info().last_error, what="the failed attempt")
        await old.send(trade(1))
        await eventually(lambda: line.ids == [1], what="the predecessor goes on")
        assert line.runner.is_open
        line.clock.ahead_s += 2
        await eventually(lambda: new.client, what="the next attempt")
        assert line.waits_s == [], "nobody waits with a connection at work"

    run(old, hang_up, new, scenario=scenario)


def test_a_successor_that_dies_leaves_things_as_they_were():
    old, last = Told(), Told()

    async def dies(client: Client) -> None:
        await client.upgrade()
        await client.send(close_frame(1008, "no"))

    async def scenario(line: Line) -> None:
        await due(line)
        await eventually(lambda: last.client, what="another successor")
        assert not old.left
        assert line.info().reconnects == 0

    run(old, dies, last, scenario=scenario)


def test_a_predecessor_that_dies_leaves_the_successor_in_its_place():
    old, new = Told(), Told()

    async def scenario(line: Line) -> None:
        await due(line)
        await eventually(lambda: new.client, what="the successor")
        await old.send(close_frame(1001, "24 hours"))
        await new.send(trade(1))
        await eventually(lambda: line.ids == [1], what="the successor's trade")
        await eventually(lambda: line.runner.hand_overs == 1, what="the hand-over")
        assert (line.info().reconnects, line.waits_s) == (0, [])

    run(old, new, scenario=scenario)


def test_a_change_of_the_wish_reaches_both():
    old, new = Told(), Told()

    def asked_for(told: Told) -> bool:
        assert told.client is not None
        return any(b"ethusdt@aggTrade" in payload for _, payload in told.client.received)

    async def scenario(line: Line) -> None:
        await due(line)
        await eventually(lambda: new.client, what="the successor")
        line.runner.want(["BTCUSDT", "ETHUSDT"])
        await eventually(lambda: asked_for(old) and asked_for(new), what="both ask for it")

    run(old, new, scenario=scenario)


def test_connections_are_replaced_less_and_less_often():
    async def scenario(line: Line) -> None:
        replaced_s = []
        start_s = line.clock.ahead_s
        for _ in range(600):
            before = line.runner._renewals
            line.runner.renew("nothing comes of it")
            if line.runner._renewals > before:
                replaced_s.append(line.clock.ahead_s - start_s)
            line.clock.ahead_s += 1
        assert [round(at_s, -1) for at_s in replaced_s] == [0, 30, 90, 210, 450]

    run(good, scenario=scenario)


def test_asking_again_concerns_the_symbol_alone():
    told = Told()

    async def scenario(line: Line) -> None:
        await eventually(lambda: told.client, what="the connection")
        line.runner.want(["BTCUSDT", "ETHUSDT"])
        assert told.client is not None
        received = told.client.received
        await eventually(lambda: len(received) == 1, what="the new symbol")
        line.runner.ask_again(["BTCUSDT"])
        await eventually(lambda: len(received) == 3, what="both commands")
        assert [b"UNSUBSCRIBE" in payload for _, payload in received[1:]] == [True, False]
        assert all(b"btcusdt@aggTrade" in payload for _, payload in received[1:])
        assert not any(b"ethusdt" in payload for _, payload in received[1:])
        assert line.info().reconnects == 0

    run(told, scenario=scenario)


def test_who_is_stopped_in_the_midst_of_a_handshake_leaves_no_socket():
    async def slow(client: Client) -> None:
        await client.read_request()
        asked.set()
        await stopped.wait()
        await client.answer_upgrade()
        await client.read_frames()
        gone.set()

    asked, stopped, gone = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        async with scripted(slow) as server:
            line = Line(server.url)
            task = asyncio.create_task(line.runner.run())
            await asked.wait()
            task.cancel()
            stopped.set()
            await asyncio.wait({task})
            await gone.wait()

    play(work())

"""One connection on a real socket, against servers that fail in every way they know: it comes back or says why."""

import asyncio
import contextlib
import json
import random
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Iterable
from dataclasses import replace
from urllib.parse import unquote

import pytest

from feed.frames import agg_trade, combined
from feed.servers import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Client,
    Script,
    ScriptedServer,
    close_frame,
    eventually,
    frame,
    scripted,
)
from quant.domain import TradeBatch
from quant.feed.binance import BinanceUm
from quant.feed.exchange import Channel, ViewKind
from quant.feed.link import Timing, Wiring
from quant.feed.pace import Pace
from quant.feed.runner import ConnectionInfo, ConnectionRunner

HASTY = Timing(
    ping_after_s=60, pong_within_s=60, command_every_s=0.0, connect_every_s=0.0, look_every_s=0.005
)
TRADE = frame(combined(agg_trade()))


class MovedClock:
    """The machine's clocks, plus what a test adds."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_s(self) -> float:
        return time.monotonic() + self.ahead_s


class Longest(random.Random):
    """Jitter that always takes the longest wait."""

    def uniform(self, a: float, b: float) -> float:
        return b


class Line:
    """A runner at work, with everything that it does."""

    def __init__(self, url: str, *, timing: Timing = HASTY, exchange: BinanceUm | None = None) -> None:
        self.ids: list[int] = []
        self.batches: list[int] = []
        self.waits_s: list[float] = []
        self.errors: list[str | None] = []
        self.tapped: list[bytes] = []
        self.raises: BaseException | None = None
        self.refused: list[tuple[str, str, int]] = []
        self.tap_raises: BaseException | None = None
        self.clock = MovedClock()
        self.wiring = Wiring(
            exchange=exchange or BinanceUm(),
            base_url=url,
            on_batch=self._take,
            tap=self._tap,
            on_quarantine=lambda name, reason, message: self.refused.append((name, reason, len(message))),
            pace=Pace(self.clock, pause=self._sleep),
            timing=timing,
        )
        self.runner = ConnectionRunner("c1", self.wiring, rng=Longest())
        self.runner.want(["BTCUSDT"])

    def _take(self, batch: TradeBatch) -> None:
        if self.raises is not None:
            raise self.raises
        self.ids += batch.ids.tolist()
        self.batches.append(len(batch))

    def _tap(self, stamp: int, payload: bytes) -> None:
        if self.tap_raises is not None:
            raise self.tap_raises
        self.tapped.append(payload)

    async def _sleep(self, seconds: float) -> None:
        if seconds:
            self.waits_s.append(seconds)
            self.errors.append(self.info().last_error)
        await asyncio.sleep(0.005)

    def info(self) -> ConnectionInfo:
        return self.runner.info()


@contextlib.asynccontextmanager
async def at_work(url: str, *, timing: Timing = HASTY) -> AsyncGenerator[Line, None]:
    """Run a runner for the length of the block; it must still be alive at the end."""
    line = Line(url, timing=timing)
    task = asyncio.create_task(line.runner.run())
    try:
        yield line
        assert not task.done(), "a runner never dies"
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def play(scenario: Awaitable[None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scenario
        await eventually(lambda: len(asyncio.all_tasks()) == 1, what="every task but this one is over")

    asyncio.run(bounded())


async def good(client: Client) -> None:
    """An exchange as it should be: one trade, then patience."""
    await client.upgrade()
    await client.send(TRADE)
    await client.read_frames()


def sends(*data: bytes) -> Script:
    """A server that upgrades, sends, and waits for the client to leave."""

    async def script(client: Client) -> None:
        await client.upgrade()
        await client.send(*data)
        await client.read_frames()

    return script


def answers(*data: bytes) -> Script:
    """A server that reads the request and answers something else than an upgrade."""

    async def script(client: Client) -> None:
        await client.read_request()
        await client.send(*data)

    return script


async def hang_up(client: Client) -> None:
    """Accept, then close."""


async def reset(client: Client) -> None:
    """Accept, then reset."""
    sock = client.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


async def hang_up_after_upgrade(client: Client) -> None:
    await client.upgrade()


SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
BAD_ACCEPT = SWITCHING + b"Sec-WebSocket-Accept: eA==\r\n\r\n"
STATUS = b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n"

FAULTS: dict[str, tuple[Script, str]] = {
    "accept then close": (hang_up, "closed during the handshake"),
    "accept then reset": (reset, "cannot reach"),
    "request read, then closed": (answers(), "cannot reach"),
    "half an answer": (answers(BAD_ACCEPT[:40]), "cannot reach"),
    "rubbish for an answer": (answers(b"\x00\xff" * 600), "cannot reach"),
    "endless answer": (answers(b"HTTP/1.1 101 " + b"x" * 100_000), "cannot reach"),
    "wrong accept key": (answers(BAD_ACCEPT), "cannot reach"),
    "no upgrade": (answers(STATUS % b"200 OK"), "200"),
    "maintenance": (answers(STATUS % b"503 Service Unavailable"), "503"),
    "too many requests": (answers(STATUS % b"429 Too Many Requests"), "429"),
    "moved to nowhere": (answers(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "Location"),
    "closed after the upgrade": (hang_up_after_upgrade, "the connection broke"),
    "normal close": (sends(close_frame(1000)), "closed the connection: 1000"),
    "policy close": (sends(close_frame(1008, "Too many requests")), "1008 Too many requests"),
    "a close code of its own": (sends(close_frame(4001, "bye")), "4001 bye"),
    "close without a code": (sends(frame(b"", opcode=CLOSE)), "closed the connection"),
    "close with half a code": (sends(frame(b"\x03", opcode=CLOSE)), "broke"),
    "close code out of range": (sends(close_frame(999)), "broke"),
    "unknown opcode": (sends(b"\x83\x02hi"), "broke"),
    "masked by the server": (sends(b"\x81\x82\x00\x00\x00\x00hi"), "broke"),
    "3 MB frame": (sends(frame(b"[" + b" " * 3_000_000 + b"]")), "broke"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_comes_back_after(name: str):
    fault, reason = FAULTS[name]

    async def scenario() -> None:
        async with scripted(fault, fault, good) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids == [26129], what="the trade of the third connection")
            assert len(server.clients) == 3
            assert line.waits_s == [1.0, 2.0], "waits grow though each attempt got a little way"
            assert all(reason in str(error) for error in line.errors), line.errors
            await eventually(lambda: line.runner.is_open, what="the third connection is open")
            info = line.info()
            assert (info.state, info.attempt, info.retry_at, info.last_error) == ("open", 0, None, None)

    play(scenario())


SURVIVED: dict[str, bytes] = {
    "binary frame": frame(b"\x00\x01\x02", opcode=BINARY),
    "torn JSON": frame(combined(agg_trade())[:-15]),
    "wrong types": frame(combined(agg_trade(p=1.5))),
    "not UTF-8": frame(b'{"stream":"\xff\xfe"}'),
    "100 kB frame": frame(b'{"x":"' + b"a" * 100_000 + b'"}'),
    "1 MB frame": frame(b"[" + b" " * 1_000_000 + b"]"),
    "endless nesting": frame(b"[" * 60_000),
    "empty frame": frame(b""),
    "reserved bits": b"\xf1\x02hi",
}


@pytest.mark.parametrize("name", SURVIVED)
def test_keeps_the_connection_and_the_next_trade_after(name: str):
    async def scenario() -> None:
        async with scripted(sends(SURVIVED[name], TRADE)) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids == [26129], what="the trade behind the damage")
            # Frames may come before the runner has taken the connection that it opened into its books.
            await eventually(lambda: line.info().messages == 2, what="both messages are counted")
            assert line.runner.quarantined.total() == 1
            assert (len(server.clients), line.info().messages, line.waits_s) == (1, 2, [])

    play(scenario())


@pytest.mark.parametrize("ping", [b"", frame(b"", opcode=PING)], ids=("at once", "a ping between"))
def test_fragments_are_one_message(ping: bytes):
    whole = combined(agg_trade(a=7))
    pieces = [whole[:50], whole[50:51], b"", whole[51:]]
    sent = [frame(piece, opcode=0 if at else TEXT, fin=at == 3) + ping for at, piece in enumerate(pieces)]

    async def scenario() -> None:
        async with scripted(sends(*sent, TRADE)) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids == [7, 26129], what="both trades")
            assert line.runner.quarantined.total() == 0

    play(scenario())


FRAGMENTS: dict[str, tuple[bytes, list[tuple[str, int]]]] = {
    "no beginning": (frame(b"abc", opcode=0), [("a fragment of no message", 3)]),
    "no end": (frame(b"abc", fin=False), [("a message without its last fragment", 3)]),
    "a binary beginning": (
        frame(b"ab", opcode=BINARY, fin=False) + frame(b"c", opcode=0),
        [("a binary message", 2), ("a fragment of no message", 1)],
    ),
    "too much together": (
        frame(b"[" + b" " * 60_000, fin=False)
        + frame(b" " * 200_000, opcode=0, fin=False)
        + frame(b"]", opcode=0),
        [("larger than 64 KiB", 64 * 1024 + 1)],
    ),
    "too much at once": (
        frame(b"[" + b" " * 600_000, fin=False) + frame(b"]", opcode=0),
        [("larger than 64 KiB", 64 * 1024 + 1)],
    ),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragments_that_make_no_message_are_quarantined(name: str):
    sent, reasons = FRAGMENTS[name]

    async def scenario() -> None:
        async with scripted(sends(sent, TRADE)) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids == [26129], what="the trade behind the fragments")
            await eventually(
                lambda: line.runner.quarantined == {"": len(reasons)}, what="what was refused is counted"
            )
            assert line.refused == [("c1", *each) for each in reasons]

    play(scenario())


def test_refused_connections_are_tried_again_with_growing_waits():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unused.getsockname()[1]}"

    async def scenario() -> None:
        async with at_work(url) as line:
            await eventually(lambda: len(line.waits_s) >= 8, what="attempts")
            assert line.waits_s[:8] == [1, 2, 4, 8, 16, 30, 30, 30]
            assert all("cannot reach 127.0.0.1" in str(error) for error in line.errors)
            assert line.info().attempt >= 8
            assert line.info().reconnects == 0

    play(scenario())


@pytest.mark.parametrize("host", ["no-such-host.invalid", "double..dot", "x" * 70 + ".example"])
def test_a_name_that_cannot_be_resolved_does_not_end_the_task(host: str):
    async def scenario() -> None:
        async with at_work(f"ws://{host}:1") as line:
            await eventually(lambda: len(line.waits_s) >= 2, what="a second attempt")
            assert f"cannot reach {host}:1" in str(line.errors[0])

    play(scenario())


def test_an_exchange_that_does_not_answer_the_handshake_is_given_up():
    async def mute(client: Client) -> None:
        await client.read_request()
        await client.read_frames()

    async def scenario() -> None:
        impatient = replace(HASTY, connect_s=0.05)
        async with scripted(mute, good) as server, at_work(server.url, timing=impatient) as line:
            await eventually(lambda: line.ids == [26129], what="the second connection")
            assert "no answer within" in str(line.errors[0])

    play(scenario())


def test_a_silent_exchange_is_left():
    async def scenario() -> None:
        async with scripted(sends(TRADE), good) as server, at_work(server.url) as line:
            await eventually(lambda: len(line.ids) == 1, what="the first trade")
            line.clock.ahead_s += 29
            await asyncio.sleep(0.03)
            assert line.waits_s == [], "patient below the bound"
            line.clock.ahead_s += 2
            await eventually(lambda: len(line.ids) == 2, what="a new connection")
            assert line.errors == ["no message for 30 s"]
            await eventually(lambda: line.info().reconnects == 1, what="a second open connection")

    play(scenario())


def test_pings_are_no_data():
    """Seen in the field: the socket answers while its stream is dead."""

    async def only_pings(client: Client) -> None:
        await client.upgrade()
        while not client.writer.is_closing():
            await client.send(frame(b"", opcode=PING))
            await asyncio.sleep(0.002)

    async def scenario() -> None:
        async with scripted(only_pings, good) as server, at_work(server.url) as line:
            await eventually(lambda: line.info().messages > 5, what="some pings")
            line.clock.ahead_s += 31
            await eventually(lambda: line.ids == [26129], what="a new connection")
            assert line.errors == ["no message for 30 s"]

    play(scenario())


def test_a_half_open_connection_is_noticed_by_pings():
    async def deaf(client: Client) -> None:
        await client.upgrade()
        await client.reader.read(2)  # the ping arrives, no pong follows
        await asyncio.sleep(60)

    async def scenario() -> None:
        alert = replace(HASTY, ping_after_s=0.02, pong_within_s=0.02)
        async with scripted(deaf, good) as server, at_work(server.url, timing=alert):
            await eventually(lambda: len(server.clients) >= 2, what="a new connection")

    play(scenario())


def test_waits_start_low_again_after_a_healthy_time():
    leave = asyncio.Event()

    async def until_told(client: Client) -> None:
        await client.upgrade()
        await client.send(TRADE)
        await leave.wait()

    async def scenario() -> None:
        async with (
            scripted(hang_up, hang_up, hang_up, until_told, good) as server,
            at_work(server.url) as line,
        ):
            await eventually(lambda: len(line.ids) == 1, what="the fourth connection")
            line.clock.ahead_s += 31
            leave.set()
            await eventually(lambda: len(line.ids) == 2, what="the fifth connection")
            assert line.waits_s == [1.0, 2.0, 4.0, 1.0]
            await eventually(lambda: line.info().reconnects == 1, what="a second open connection")

    play(scenario())


# --- our own failures ---


@pytest.mark.parametrize(
    "failure", [ZeroDivisionError("bug"), OSError("disk full"), TimeoutError("slow")], ids=repr
)
@pytest.mark.parametrize("where", ["raises", "tap_raises"])
def test_a_failure_of_the_receiver_is_not_taken_for_the_networks(where: str, failure: Exception):
    async def scenario() -> None:
        async with scripted(good) as server:
            line = Line(server.url)
            setattr(line, where, failure)
            with pytest.raises(type(failure)) as caught:
                await line.runner.run()
            assert caught.value is failure
            assert line.waits_s == []

    play(scenario())


class Speechless(BinanceUm):
    """An exchange whose adapter has a bug in what it says."""

    def subscribe(
        self,
        symbols: Iterable[str],
        *,
        command_id: int,
        channel: Channel = "trades",
        only: ViewKind | None = None,
    ) -> bytes:
        raise ZeroDivisionError


def test_a_failure_of_the_steering_is_not_lost():
    """Nobody would ask for new symbols any more, nor notice silence."""

    async def scenario() -> None:
        async with scripted(good) as server:
            line = Line(server.url, exchange=Speechless())
            task = asyncio.create_task(line.runner.run())
            await eventually(lambda: line.ids, what="a trade")
            line.runner.want(["BTCUSDT", "ETHUSDT"])
            with pytest.raises(ZeroDivisionError):
                await task

    play(scenario())


def test_stopping_the_task_closes_the_socket():
    async def scenario() -> None:
        async with scripted(good) as server:
            async with at_work(server.url) as line:
                await eventually(lambda: line.ids, what="a trade")
                (client,) = server.clients
            await eventually(client.reader.at_eof, what="the end of the connection")

    play(scenario())


# --- frames and batches ---


def test_a_burst_leaves_in_bounded_batches_and_order():
    burst = b"".join(frame(combined(agg_trade(a=i))) for i in range(10_000))

    async def scenario() -> None:
        async with scripted(sends(burst)) as server, at_work(server.url) as line:
            await eventually(lambda: len(line.ids) == 10_000, what="all trades")
            assert line.ids == list(range(10_000))
            assert max(line.batches) <= 2048

    play(scenario())


def test_a_ping_behind_a_trade_is_answered_and_does_not_hold_the_trade_back():
    async def scenario() -> None:
        slow = replace(HASTY, look_every_s=30.0)  # nothing but the frame itself moves the trade
        ping = frame(b"are you there", opcode=PING)
        async with scripted(sends(TRADE + ping)) as server, at_work(server.url, timing=slow) as line:
            await eventually(lambda: line.ids == [26129], what="the trade")
            await eventually(lambda: (PONG, b"are you there") in server.clients[0].received, what="the pong")

    play(scenario())


def test_the_tap_sees_the_frames_as_they_came():
    torn = combined(agg_trade())[:-3]

    async def scenario() -> None:
        async with scripted(sends(frame(torn), TRADE)) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids, what="a trade")
            assert line.tapped == [torn, combined(agg_trade())]

    play(scenario())


# --- what is wanted ---


def commands(server: ScriptedServer) -> list[tuple[str, list[str]]]:
    parsed = [json.loads(payload) for opcode, payload in server.clients[-1].received if opcode == TEXT]
    return [(each["method"], each["params"]) for each in parsed]


def test_only_what_changes_is_asked_for():
    async def scenario() -> None:
        async with scripted(good) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids, what="a trade")
            assert server.clients[0].path == "/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s"
            line.runner.want(["BTCUSDT", "ETHUSDT", "ADAUSDT"])
            await eventually(lambda: len(commands(server)) == 1, what="a command")
            line.runner.want(["ETHUSDT", "XRPUSDT"])
            await eventually(lambda: len(commands(server)) == 3, what="two more")
            assert commands(server) == [
                (
                    "SUBSCRIBE",
                    ["adausdt@aggTrade", "adausdt@markPrice@1s", "ethusdt@aggTrade", "ethusdt@markPrice@1s"],
                ),
                (
                    "UNSUBSCRIBE",
                    ["adausdt@aggTrade", "adausdt@markPrice@1s", "btcusdt@aggTrade", "btcusdt@markPrice@1s"],
                ),
                ("SUBSCRIBE", ["xrpusdt@aggTrade", "xrpusdt@markPrice@1s"]),
            ]
            assert (len(server.clients), line.info().streams) == (1, 2)

    play(scenario())


def test_commands_stay_apart():
    async def scenario() -> None:
        spaced = replace(HASTY, command_every_s=0.3)
        async with scripted(good) as server, at_work(server.url, timing=spaced) as line:
            await eventually(lambda: line.ids, what="a trade")
            for n, symbols in enumerate((["ETHUSDT"], ["ADAUSDT"], ["XRPUSDT"]), start=1):
                line.runner.want(symbols)
                await eventually(lambda n=n: len(commands(server)) == 2 * n, what="the change")
            assert len(line.waits_s) == 5, "the first may go at once"

    play(scenario())


def test_a_refused_command_changes_nothing_else():
    refusal = frame(b'{"error":{"code":2,"msg":"Invalid request"},"id":1}')

    async def scenario() -> None:
        async with scripted(sends(refusal, TRADE)) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids and line.runner._links, what="the trade")
            (link,) = line.runner._links
            await eventually(lambda: not link.decoder.replies, what="the reply is read")
            assert line.waits_s == []

    play(scenario())


def test_wanting_nothing_closes_and_wanting_again_connects_at_once():
    async def scenario() -> None:
        async with scripted(good) as server, at_work(server.url) as line:
            await eventually(lambda: line.ids, what="a trade")
            line.runner.want([])
            await eventually(lambda: line.info().state == "closed", what="the close")
            line.runner.want(["ETHUSDT"])
            await eventually(lambda: len(line.ids) == 2, what="a new connection")
            assert line.waits_s == []
            assert [opcode for opcode, _ in server.clients[0].received][-1] == CLOSE
            assert "ethusdt@aggTrade" in server.clients[1].path

    play(scenario())


def test_without_a_wish_there_is_no_connection():
    async def scenario() -> None:
        async with scripted(good) as server:
            line = Line(server.url)
            line.runner.want([])
            task = asyncio.create_task(line.runner.run())
            for _ in range(20):
                await asyncio.sleep(0)
            assert (line.info().state, server.clients) == ("closed", [])
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    play(scenario())


def test_symbols_beyond_ascii_reach_the_exchange():
    async def scenario() -> None:
        async with scripted(good) as server:
            line = Line(server.url)
            line.runner.want(["币安人生USDT"])
            task = asyncio.create_task(line.runner.run())
            await eventually(lambda: line.ids, what="a trade")
            assert "币安人生usdt@aggTrade" in unquote(server.clients[0].path)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    play(scenario())

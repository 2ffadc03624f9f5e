"""Faults of messages and streams: each bites over a real socket, what it bit is counted, nothing else changes."""

import json
import math
from collections import Counter
from collections.abc import Callable

import pytest
from websockets.asyncio.client import ClientConnection

from quant.simulator.faults.kinds import KINDS, FaultKind, Layer
from simulator.faulty import AIMED, OTHER, PATH, Heard, complete, hear, ids, plain_ids, plan, read, subscribed
from simulator.harness import START_MS, Exchange, ask, with_exchange

SPAN_S = 20.0
FROM_S, TO_S = 4.0, 14.0
Check = Callable[[list[Heard], int], None]


def truth() -> list[int]:
    return plain_ids("ETHUSDT", 0, SPAN_S)


def some_lost(heard: list[Heard], bitten: int) -> None:
    got, true = ids(heard, AIMED), set(truth())
    within = set(plain_ids("ETHUSDT", FROM_S, TO_S))
    lost = {a for a in true if a <= got[-1]} - set(got)
    assert lost <= within
    assert len(lost) == bitten
    assert 0 < bitten < len(within)


def none_in_the_window(heard: list[Heard], bitten: int) -> None:
    within = plain_ids("ETHUSDT", FROM_S, TO_S)
    assert not set(ids(heard, AIMED)) & set(within)
    assert bitten == len(within)


def repeated(heard: list[Heard], bitten: int) -> None:
    counts = Counter(ids(heard, AIMED))
    assert sum(count == 3 for count in counts.values()) == bitten > 0
    assert set(counts.values()) == {1, 3}
    assert list(dict.fromkeys(ids(heard, AIMED))) == truth()[: len(counts)]


def out_of_order(heard: list[Heard], bitten: int) -> None:
    got = ids(heard, AIMED)
    assert sorted(got) == truth()[: len(got)]
    assert 0 < sum(later < max(got[:at], default=0) for at, later in enumerate(got)) <= bitten


def late(heard: list[Heard], bitten: int) -> None:
    # What is said to have been published at t comes after the other stream's word of t + 1.5 s.
    lags = [
        max((other.data["E"] for other in heard[:at] if other.stream == OTHER), default=0) - item.data["E"]
        for at, item in enumerate(heard)
        if item.stream == AIMED
    ]
    assert sum(lag > 1_000 for lag in lags) == bitten > 0
    assert max(lags) <= 1_500
    got = ids(heard, AIMED)
    assert sorted(got) == truth()[: len(got)]


def crowded(heard: list[Heard], bitten: int) -> None:
    # Ten seconds of trades wait for nine and come within one.
    arrivals = []
    now = 0
    for item in heard:
        if item.stream == OTHER:
            now = item.data["E"]
        if item.stream == AIMED and FROM_S <= item.at_s < TO_S:
            arrivals.append((now - START_MS) / 1000)
    assert len(arrivals) == bitten == len(plain_ids("ETHUSDT", FROM_S, TO_S))
    assert arrivals[0] >= TO_S - 1.2
    got = ids(heard, AIMED)
    assert got == truth()[: len(got)]


def is_json(raw: str | bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


def torn(heard: list[Heard], bitten: int) -> None:
    pieces = [item.raw for item in heard if not is_json(item.raw)]
    assert len(pieces) == bitten > 0
    whole = '{"stream":"ethusdt@aggTrade","data":{"e":"aggTrade","E":'
    assert all(str(raw)[: len(whole)] == whole[: len(str(raw))] and len(raw) > 0 for raw in pieces)
    assert len({len(raw) for raw in pieces}) > 3


def sound(data: dict[str, object]) -> bool:
    """Return whether an aggTrade has its fields in their types, and prices that are prices."""
    types = {
        "e": str,
        "E": int,
        "s": str,
        "a": int,
        "p": str,
        "q": str,
        "f": int,
        "l": int,
        "T": int,
        "m": bool,
    }
    if any(type(data.get(name)) is not wanted for name, wanted in types.items()):
        return False
    try:
        price = float(str(data["p"]))
    except ValueError:
        return False
    return math.isfinite(price) and price > 0


def unsound(heard: list[Heard], bitten: int) -> None:
    bad = [item for item in heard if item.stream == AIMED and not sound(item.data)]
    assert len(bad) == bitten > 10
    assert (
        len(
            {
                json.dumps(sorted((key, type(value).__name__) for key, value in item.data.items()))
                for item in bad
            }
        )
        > 3
    )


def no_number(heard: list[Heard], bitten: int) -> None:
    bad = [item for item in heard if item.stream == AIMED and not sound(item.data)]
    # 0x10 and the like are no JSON numbers only where they are bare; a bare NaN is one for json.loads.
    assert len(bad) == bitten > 10
    assert {"NaN", "-1", ""} <= {item.data["p"] for item in bad}


def no_text(heard: list[Heard], bitten: int) -> None:
    bad = []
    for item in heard:
        assert isinstance(item.raw, bytes)
        try:
            item.raw.decode()
        except UnicodeDecodeError:
            bad.append(item)
    assert len(bad) == bitten > 0


def binary(heard: list[Heard], bitten: int) -> None:
    assert sum(isinstance(item.raw, bytes) for item in heard) == bitten > 0
    assert complete(heard, AIMED)


def huge(heard: list[Heard], bitten: int) -> None:
    assert sum(len(item.raw) == 1 << 20 for item in heard) == bitten == 2
    assert complete(heard, AIMED)


def strange(heard: list[Heard], bitten: int) -> None:
    assert sum(item.data.get("e") == "somethingNew" for item in heard) == bitten > 0
    assert complete(heard, AIMED)


def from_the_future(heard: list[Heard], bitten: int) -> None:
    ahead = [item.data["T"] - item.data["E"] for item in heard if item.stream == AIMED]
    assert sum(by_ms > 3_000_000 for by_ms in ahead) == bitten > 0
    assert sum(by_ms <= 0 for by_ms in ahead) == len(ahead) - bitten > 0
    assert complete(heard, AIMED)


MESSAGE_FAULTS: dict[FaultKind, tuple[dict[str, object], Check]] = {
    FaultKind.DROP: ({"probability": 0.4}, some_lost),
    FaultKind.STREAM_SILENT: ({}, none_in_the_window),
    FaultKind.DUPLICATE: ({"probability": 0.4, "copies": 2}, repeated),
    FaultKind.REORDER: ({"probability": 0.3, "distance": 4, "within_ms": 60_000}, out_of_order),
    FaultKind.DELAY: ({"probability": 0.3, "delay_ms": 1_300}, late),
    FaultKind.BURST: ({}, crowded),
    FaultKind.TORN_JSON: ({"probability": 0.5}, torn),
    FaultKind.WRONG_TYPES: ({}, unsound),
    FaultKind.NOT_A_NUMBER: ({}, no_number),
    FaultKind.INVALID_UTF8: ({"probability": 0.5}, no_text),
    FaultKind.BINARY_FRAME: ({"probability": 0.5}, binary),
    FaultKind.HUGE_FRAME: ({"count": 2}, huge),
    FaultKind.UNKNOWN_EVENT: ({"probability": 0.5}, strange),
    FaultKind.FORWARD_T: ({"probability": 0.5}, from_the_future),
}


@pytest.mark.parametrize("kind", MESSAGE_FAULTS)
def test_a_fault_of_messages_does_what_it_says_and_leaves_the_other_stream_alone(kind: FaultKind) -> None:
    more, check = MESSAGE_FAULTS[kind]
    fault = {"kind": kind, "start_s": FROM_S, "duration_s": TO_S - FROM_S, "stream": AIMED, **more}

    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
            decode = False if kind is FaultKind.INVALID_UTF8 else None
            heard = []
            for _ in range(4):
                heard += await hear(exchange, ws, SPAN_S / 4, decode=decode)
            check(heard, exchange.injector.bitten[0])
            assert complete(heard, OTHER)

    with_exchange(scenario, plan=plan(fault))


async def in_pieces(ws: ClientConnection) -> list[str | bytes]:
    return [piece async for piece in ws.recv_streaming()]


def test_a_fragmented_message_is_whole_when_joined() -> None:
    fault = {"kind": "fragment", "start_s": 0, "count": 5, "stream": AIMED, "pieces": 4}

    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
            exchange.clock.advance(5)
            pieces = [await in_pieces(ws) for _ in range(60)]
            assert sum(len(message) == 4 for message in pieces) == exchange.injector.bitten[0] == 5
            heard = [read("".join(map(str, message))) for message in pieces]
            assert ids(heard, AIMED) == truth()[: len(ids(heard, AIMED))]

    with_exchange(scenario, plan=plan(fault))


def test_all_streams_are_silent_while_pongs_go_on() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(PATH) as silent, exchange.connect(PATH) as healthy:
            await subscribed(silent)
            await subscribed(healthy)
            heard = await hear(exchange, healthy, 6)
            assert complete(heard, OTHER)
            await (await silent.ping())
            exchange.clock.advance(6)  # past the end of the fault
            first = read(await silent.recv())
            assert first.at_s >= 10
            assert exchange.injector.bitten[0] >= len(heard)

    with_exchange(
        scenario, plan=plan({"kind": "all_silent", "start_s": 0, "duration_s": 10, "connection": 1})
    )


def test_a_subscription_is_acknowledged_and_never_delivers() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/stream") as ws:
            streams = [AIMED, "xrpusdt@markPrice@1s"]
            reply = await ask(ws, {"method": "SUBSCRIBE", "params": streams, "id": 1})
            assert reply == {"result": None, "id": 1}
            exchange.clock.advance(12)  # longer than the fault: the subscription stays dead
            assert (await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 2}))["result"] == streams
            heard = await hear(exchange, ws, 5)
            assert ids(heard, AIMED) == []
            assert exchange.injector.bitten == [1]
            await ask(ws, {"method": "UNSUBSCRIBE", "params": [AIMED], "id": 3})
            await ask(ws, {"method": "SUBSCRIBE", "params": [AIMED], "id": 4})
            assert ids(await hear(exchange, ws, 5), AIMED)

    with_exchange(
        scenario, plan=plan({"kind": "ack_silence", "start_s": 0, "duration_s": 5, "stream": AIMED})
    )


def test_the_clock_of_the_exchange_is_wrong_everywhere_but_in_trades() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(f"/market/ws/{AIMED}") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(3)
            told = [json.loads(await ws.recv()) for _ in range(20)]
        true = exchange.market.instrument("ETHUSDT").trades(START_MS - 1000, START_MS + 4000)
        at = true.ids.tolist().index(told[0]["a"])
        assert [item["E"] - 7_000 for item in told] == true.published_ms.tolist()[at : at + 20]
        assert [item["T"] for item in told] == true.times_ms.tolist()[at : at + 20]
        assert (await exchange.rows("/fapi/v1/time"))["serverTime"] == START_MS + 10_000
        assert (await exchange.rows("/fapi/v1/exchangeInfo"))["serverTime"] == START_MS + 10_000
        assert exchange.injector.bitten[0] >= 22

    with_exchange(scenario, plan=plan({"kind": "skew", "start_s": 0, "duration_s": 60, "skew_ms": 7_000}))


def test_two_connections_lose_different_messages_unless_they_suffer_together() -> None:
    def run(together: int) -> tuple[list[int], list[int]]:
        found: list[list[int]] = []

        async def scenario(exchange: Exchange) -> None:
            async with exchange.connect(PATH) as one, exchange.connect(PATH) as two:
                await subscribed(one)
                await subscribed(two)
                first = await hear(exchange, one, 10)
                second = []
                while len(second) < len(first) - 20:
                    second.append(read(await two.recv()))
                found.extend((ids(first, AIMED)[:80], ids(second, AIMED)[:80]))

        fault = {"kind": "drop", "start_s": 0, "duration_s": 30, "probability": 0.5, "together": together}
        with_exchange(scenario, plan=plan(fault))
        return found[0], found[1]

    one, two = run(1)
    assert one[:60] == two[:60]
    one, two = run(0)
    assert one[:60] != two[:60]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_plan_gives_the_same_bytes_in_the_same_order(seed: int) -> None:
    faults: list[dict[str, object]] = [
        {"kind": "drop", "start_s": 1, "duration_s": 5, "probability": 0.3},
        {
            "kind": "delay",
            "start_s": 2,
            "duration_s": 5,
            "probability": 0.3,
            "delay_ms": 300,
            "jitter_ms": 900,
        },
        {"kind": "wrong_types", "start_s": 1, "duration_s": 7, "probability": 0.2},
        {"kind": "reorder", "start_s": 3, "duration_s": 5, "probability": 0.3},
        {"kind": "duplicate", "start_s": 3, "duration_s": 5, "probability": 0.3},
    ]

    def run(steps: list[float]) -> tuple[list[str | bytes], list[int]]:
        heard: list[Heard] = []

        async def scenario(exchange: Exchange) -> None:
            async with exchange.connect(PATH) as ws:
                await subscribed(ws)
                for step in steps:
                    heard.extend(await hear(exchange, ws, step))
                bitten.extend(exchange.injector.bitten)

        bitten: list[int] = []
        with_exchange(scenario, plan=plan(*({**fault, "stream": AIMED} for fault in faults), seed=seed))
        return [item.raw for item in heard], bitten

    # Ten seconds at once or in steps: what was due is sent in the same order.
    assert run([12.0]) == run([12.0])
    assert run([12.0])[0] == run([3.0, 1.5, 5.5, 2.0])[0]


def test_every_fault_of_messages_has_a_test() -> None:
    of_messages = {kind for kind, spec in KINDS.items() if spec.layer is Layer.MESSAGE}
    assert of_messages - set(MESSAGE_FAULTS) == {FaultKind.FRAGMENT, FaultKind.ALL_SILENT}

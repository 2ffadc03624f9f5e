"""The WebSocket side over real sockets, with an ordinary client and a clock moved by hand."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quant.simulator import SimConfig, WsLimits, running
from simulator.harness import (
    START_MS,
    START_NS,
    Exchange,
    HandClock,
    ask,
    closed,
    handshake,
    read_frame,
    receive,
    with_exchange,
)

AGG_TRADE_FIELDS = ["e", "E", "s", "a", "p", "q", "f", "l", "T", "m"]


def test_raw_streams_tell_every_trade_once_and_in_order() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws/btcusdt@aggTrade") as ws:
            assert (await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1}))["result"] == [
                "btcusdt@aggTrade"
            ]
            told = []
            for _ in range(20):
                exchange.clock.advance(0.5)
                told.append(await receive(ws))
            exchange.clock.advance(2)
            while told[-1]["E"] < START_MS + 11_500:
                told.append(await receive(ws))
        assert list(told[0]) == AGG_TRADE_FIELDS
        ids = [trade["a"] for trade in told]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        around = exchange.market.instrument("BTCUSDT").trades(START_MS - 1000, START_MS + 1000)
        assert ids[0] == around.ids[around.published_ms > START_MS][0]
        assert told[0]["T"] < START_MS  # it was on its way when we came
        true = exchange.market.trades_from_id(
            "BTCUSDT", ids[0], limit=len(ids), until_ns=START_NS + 60 * 10**9
        )
        assert [trade["T"] for trade in told] == true.times_ms.tolist()
        assert [trade["E"] for trade in told] == true.published_ms.tolist()
        assert [round(float(trade["p"]) * 10) for trade in told] == true.price_ticks.tolist()
        assert [round(float(trade["q"]) * 1000) for trade in told] == true.size_steps.tolist()
        assert [trade["m"] for trade in told] == (true.sells == 1).tolist()

    with_exchange(scenario)


def test_nothing_is_told_before_its_time() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws/ethusdt@aggTrade") as ws:
            for _ in range(10):
                await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
                exchange.clock.advance(1)
                told = await receive(ws)
                assert told["E"] * 1_000_000 <= exchange.clock.wall_ns()

    with_exchange(scenario)


def test_combined_streams_carry_an_envelope() -> None:
    async def scenario(exchange: Exchange) -> None:
        names = ["btcusdt@aggTrade", "btcusdt@markPrice@1s", "btcusdt@markPrice", "btcusdt@kline_1m"]
        async with exchange.connect("/market/stream?streams=" + "/".join(names)) as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(10)
            seen: dict[str, list[dict[str, object]]] = {name: [] for name in names}
            published = []
            while len(seen["btcusdt@markPrice@1s"]) < 9:
                message = await receive(ws)
                assert list(message) == ["stream", "data"]
                seen[message["stream"]].append(message["data"])
                published.append(message["data"]["E"])
        assert published == sorted(published)
        assert {event["e"] for event in seen["btcusdt@aggTrade"]} == {"aggTrade"}
        assert list(seen["btcusdt@markPrice"][0]) == ["e", "E", "s", "p", "i", "P", "r", "T"]
        assert len(seen["btcusdt@markPrice"]) == 3
        kline = seen["btcusdt@kline_1m"][0]["k"]
        assert isinstance(kline, dict)
        assert list(kline) == list("tTsifLochlvnxqVQB")

    with_exchange(scenario)


def test_a_kline_stream_ends_each_bar_as_rest_has_it() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws/solusdt@kline_1m") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(61)
            assert (await receive(ws))["k"]["x"]  # the bar that closed as we came
            told = [await receive(ws) for _ in range(60)]
        assert [event["k"]["x"] for event in told] == [False] * 59 + [True]
        bar = told[-1]["k"]
        (row,) = await exchange.rows(
            "/fapi/v1/klines", symbol="SOLUSDT", interval="1m", startTime=START_MS, limit=1
        )
        assert row == [bar[key] for key in ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")]
        assert bar["L"] - bar["f"] + 1 >= bar["n"]

    with_exchange(scenario)


@pytest.mark.parametrize("path", ["/ws", "/public/ws"])
def test_the_wrong_category_is_acknowledged_and_silent(path: str) -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(path) as ws:
            wanted = ["btcusdt@aggTrade", "btcusdt@bookTicker"]
            assert await ask(ws, {"method": "SUBSCRIBE", "params": wanted, "id": 9}) == {
                "result": None,
                "id": 9,
            }
            assert (await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1}))["result"] == wanted
            exchange.clock.advance(20)
            told = [await receive(ws) for _ in range(60)]
        assert {event["e"] for event in told} == {"bookTicker"}
        assert list(told[0]) == ["e", "u", "E", "T", "s", "b", "B", "a", "A"]
        assert all(float(event["b"]) < float(event["a"]) for event in told)

    with_exchange(scenario)


def test_unknown_streams_are_acknowledged_and_silent() -> None:
    async def scenario(exchange: Exchange) -> None:
        unknown = ["nopeusdt@aggTrade", "BTCUSDT@aggTrade", "btcusdt", "btcusdt@depth", "币安usdt@aggTrade"]
        async with exchange.connect("/market/ws") as ws:
            known = ["btcusdt@markPrice@1s"]
            assert await ask(ws, {"method": "SUBSCRIBE", "params": unknown + known, "id": 1}) == {
                "result": None,
                "id": 1,
            }
            exchange.clock.advance(20)
            assert {(await receive(ws))["s"] for _ in range(19)} == {"BTCUSDT"}
            await ask(ws, {"method": "UNSUBSCRIBE", "params": unknown, "id": 2})
            assert (await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 3}))["result"] == known

    with_exchange(scenario)


def test_unsubscribing_ends_one_stream_and_leaves_the_other() -> None:
    async def scenario(exchange: Exchange) -> None:
        names = ["btcusdt@aggTrade", "ethusdt@markPrice@1s"]
        async with exchange.connect("/market/ws/" + "/".join(names)) as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(5)
            await receive(ws)
            await ask(ws, {"method": "UNSUBSCRIBE", "params": names[:1], "id": 2})
            exchange.clock.advance(5)
            await receive(ws)
            assert (await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 3}))["result"] == names[1:]
            exchange.clock.advance(5)
            assert {(await receive(ws))["s"] for _ in range(5)} == {"ETHUSDT"}

    with_exchange(scenario)


def test_two_clients_hear_the_same_bytes() -> None:
    async def scenario(exchange: Exchange) -> None:
        path = "/market/ws/btcusdt@aggTrade"
        async with exchange.connect(path) as one, exchange.connect(path) as two:
            for ws in (one, two):
                await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(5)
            assert [await one.recv() for _ in range(50)] == [await two.recv() for _ in range(50)]

    with_exchange(scenario)


def test_errors_leave_the_connection_open() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws") as ws:
            assert (await ask(ws, "{torn"))["error"]["code"] == 3
            assert (await ask(ws, {"method": "NOPE", "id": 5}))["error"]["code"] == 2
            assert await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 6}) == {"result": [], "id": 6}

    with_exchange(scenario)


def test_a_fragmented_message_is_one_message() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws") as ws:
            text = json.dumps({"method": "SUBSCRIBE", "params": ["btcusdt@aggTrade"], "id": 1})
            await ws.send([text[:10], text[10:20], text[20:]])
            assert await receive(ws) == {"result": None, "id": 1}

    with_exchange(scenario)


def test_the_eleventh_message_within_a_second_closes_with_1008() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws") as ws:
            for second in range(3):
                for n in range(10):
                    await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 10 * second + n})
                exchange.clock.advance(1)
            for n in range(11):
                await ws.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": n}))
            assert await closed(ws) == (1008, "Too many requests")

    with_exchange(scenario)


def test_a_pong_keeps_a_connection_for_a_day() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws/xrpusdt@markPrice@1s") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 0})
            for step in range(1, 9):
                exchange.clock.advance(110)
                while (await receive(ws))["E"] < exchange.clock.wall_ns() // 1_000_000 - 1_000:
                    pass  # until the exchange has looked at its clock, and with it sent its ping
                for again in range(2):  # the second is answered after the pong has come
                    assert (await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": step + again}))["result"]
            await ask(ws, {"method": "UNSUBSCRIBE", "params": ["xrpusdt@markPrice@1s"], "id": 99})
            exchange.clock.advance(86_400)
            assert await closed(ws) == (1001, "The connection is 24 hours old")

    with_exchange(scenario)


def test_a_client_without_pongs_is_pinged_every_3_minutes_and_closed_after_10() -> None:
    async def scenario(exchange: Exchange) -> None:
        with await handshake(exchange, "/market/ws") as raw:
            for _ in range(3):
                exchange.clock.advance(180)
                opcode, payload = await read_frame(raw)
                assert opcode == 9
                assert int(payload) == exchange.clock.wall_ns() // 1_000_000
            exchange.clock.advance(60)
            opcode, payload = await read_frame(raw)
            assert opcode == 8
            assert int.from_bytes(payload[:2]) == 1008

    with_exchange(scenario)


def test_a_client_that_does_not_read_is_dropped_and_others_are_not() -> None:
    async def scenario(exchange: Exchange) -> None:
        streams = "/".join(f"{spec.symbol.lower()}@aggTrade" for spec in exchange.market.symbols)
        with await handshake(exchange, f"/market/stream?streams={streams}"):
            async with exchange.connect("/market/ws/btcusdt@markPrice@1s") as healthy:
                await ask(healthy, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
                for _ in range(100):
                    exchange.clock.advance(100)
                    for _ in range(99):
                        assert (await receive(healthy))["e"] == "markPriceUpdate"
                    if (await exchange.rows("/simulation/status"))["evicted"]:
                        break
                status = await exchange.rows("/simulation/status")
                assert (status["evicted"], status["connections"]) == (1, 1)

    with_exchange(scenario, limits=WsLimits(backlog_bytes=1 << 16, ping_every_s=1e9, pong_within_s=1e9))


def test_a_machine_that_slept_loses_its_connections() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws/btcusdt@aggTrade") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(590)
            assert (await closed(ws))[0] == 1012
        async with exchange.connect("/market/ws/btcusdt@aggTrade") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            exchange.clock.advance(1)
            assert (await receive(ws))["E"] > START_MS + 590_000

    with_exchange(scenario)


def test_a_restart_continues_ids_and_past() -> None:
    first: list[str] = []
    second: list[str] = []

    def hear(into: list[str]) -> None:
        async def scenario(exchange: Exchange) -> None:
            async with exchange.connect("/market/ws/bnbusdt@aggTrade") as ws:
                await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
                exchange.clock.advance(60)
                into.extend([str(await ws.recv()) for _ in range(100)])

        with_exchange(scenario)

    hear(first)
    hear(second)
    assert first == second


def test_unknown_paths_and_too_many_streams_are_refused_at_the_door() -> None:
    async def scenario(exchange: Exchange) -> None:
        many = "/".join(f"s{n}" for n in range(1025))
        for path, status in (("/nope", 404), ("/private/ws", 404), (f"/market/ws/{many}", 400)):
            with pytest.raises(InvalidStatus) as refused:
                await exchange.connect(path)
            assert refused.value.response.status_code == status

    with_exchange(scenario)


def test_binary_and_huge_messages_close_the_connection() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws") as ws:
            await ws.send(b"\x00\x01")
            assert (await closed(ws))[0] == 1003
        async with exchange.connect("/market/ws") as ws:
            await ws.send("x" * 300_000)
            assert (await closed(ws))[0] == 1009

    with_exchange(scenario)


def test_a_client_that_leaves_is_forgotten() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect("/market/ws/btcusdt@aggTrade") as ws:
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
            assert (await exchange.rows("/simulation/status"))["connections"] == 1
        assert (await exchange.rows("/simulation/status"))["connections"] == 0

    with_exchange(scenario)


def test_the_end_of_the_exchange_is_told() -> None:
    async def scenario() -> tuple[int, str]:
        clock = HandClock()
        async with running(SimConfig(start_ns=START_NS), clock=clock) as started:
            ws = await connect(started.ws_url + "/market/ws", proxy=None)
            await ask(ws, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
        return await closed(ws)

    assert asyncio.run(scenario()) == (1001, "The exchange is going away")

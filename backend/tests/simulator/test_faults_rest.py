"""Faults of REST, and the control of faults, over real sockets."""

import asyncio

import httpx
import pytest

from simulator.faulty import AIMED, PATH, hear, ids, plain_ids, plan, subscribed
from simulator.harness import START_MS, Exchange, with_exchange

AGG = "/fapi/v1/aggTrades"
FAULTS = "/simulation/faults"


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [("rest_429", 429, "9"), ("rest_418", 418, "9"), ("rest_403", 403, None), ("rest_503", 503, None)],
)
def test_refusals(kind: str, status: int, retry_after: str | None) -> None:
    async def scenario(exchange: Exchange) -> None:
        assert (await exchange.get("/fapi/v1/time")).status_code == 200
        exchange.clock.advance(5)
        for path in ("/fapi/v1/time", "/fapi/v1/exchangeInfo"):
            response = await exchange.get(path)
            assert response.status_code == status
            assert response.headers.get("Retry-After") == retry_after
            assert int(response.headers["X-MBX-USED-WEIGHT-1m"]) > 0
        assert await exchange.rows("/simulation/status")  # the test's own windows stay open
        exchange.clock.advance(5)
        assert (await exchange.get("/fapi/v1/time")).status_code == 200
        assert exchange.injector.bitten == [2]

    more = {"retry_after_s": 8.5} if retry_after else {}
    with_exchange(scenario, plan=plan({"kind": kind, "start_s": 5, "duration_s": 5, **more}))


def test_a_fault_aims_at_a_path_and_a_symbol() -> None:
    async def scenario(exchange: Exchange) -> None:
        assert (await exchange.get("/fapi/v1/time")).status_code == 200
        assert (await exchange.get(AGG, symbol="BTCUSDT", limit=1)).status_code == 200
        assert (await exchange.get(AGG, symbol="ETHUSDT", limit=1)).status_code == 503
        assert (await exchange.get(AGG, symbol="ETHUSDT", limit=1)).status_code == 200
        assert exchange.injector.bitten == [1]

    fault = {"kind": "rest_503", "start_s": 0, "count": 1, "path": "aggTrades", "symbol": "ETHUSDT"}
    with_exchange(scenario, plan=plan(fault))


def test_a_slow_answer_takes_market_time_and_holds_up_nobody_else() -> None:
    async def scenario(exchange: Exchange) -> None:
        slow = asyncio.create_task(exchange.get(AGG, symbol="ETHUSDT", limit=1))
        while not exchange.injector.bitten[0]:
            await exchange.rows("/fapi/v1/ping")
        exchange.clock.advance(29)
        await exchange.rows("/fapi/v1/ping")
        assert not slow.done()
        exchange.clock.advance(1)
        assert (await slow).status_code == 200

    fault = {"kind": "rest_slow", "start_s": 0, "duration_s": 9, "path": "aggTrades", "delay_s": 30}
    with_exchange(scenario, plan=plan(fault))


def test_a_torn_body_breaks_off() -> None:
    async def scenario(exchange: Exchange) -> None:
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without sending complete"):
                await exchange.get(AGG, symbol="ETHUSDT", limit=100)
        assert len(await exchange.rows(AGG, symbol="ETHUSDT", limit=100)) == 100
        assert exchange.injector.bitten == [3]

    with_exchange(scenario, plan=plan({"kind": "rest_torn", "start_s": 0, "count": 3}))


def test_a_lie_about_a_hole_is_the_same_lie_each_time_until_it_ends() -> None:
    async def scenario(exchange: Exchange) -> None:
        true = plain_ids("ETHUSDT", -120, 0, by_publication=False)[:400]

        async def told() -> list[int]:
            rows = await exchange.rows(AGG, symbol="ETHUSDT", fromId=true[0], limit=400)
            return [row["a"] for row in rows]

        lie = await told()
        assert set(lie) < set(true)
        assert 100 < len(lie) < 300
        assert await told() == lie
        assert exchange.injector.bitten == [2]
        now = START_MS * 1_000_000
        assert exchange.market.truth_ids("ETHUSDT", now - 10**11, now).denied.size == 0
        exchange.clock.advance(60)
        assert await told() == true

    with_exchange(scenario, plan=plan({"kind": "rest_lie", "start_s": 0, "duration_s": 60, "missing": 0.5}))


def test_a_lie_can_deny_everything() -> None:
    async def scenario(exchange: Exchange) -> None:
        assert await exchange.rows(AGG, symbol="ETHUSDT", limit=10) == []
        assert len(await exchange.rows(AGG, symbol="ETHUSDT", limit=10)) == 10

    with_exchange(scenario, plan=plan({"kind": "rest_lie", "start_s": 0, "count": 1, "missing": 1}))


def test_faults_are_added_and_listed_with_their_bites() -> None:
    async def scenario(exchange: Exchange) -> None:
        listed = await exchange.rows(FAULTS)
        assert listed == {"seed": 0, "origin": START_MS, "now_s": 0.0, "faults": [], "bites": {}}
        exchange.clock.advance(2.5)
        added = await exchange.post(FAULTS, {"kind": "drop", "duration_s": 5, "stream": AIMED})
        wanted = {"number": 0, "kind": "drop", "start_s": 2.5, "duration_s": 5, "stream": AIMED, "bitten": 0}
        assert (added.status_code, added.json()) == (201, wanted)
        async with exchange.connect(PATH) as ws:
            await subscribed(ws)
            heard = await hear(exchange, ws, 9)
        true = plain_ids("ETHUSDT", 2.5, 7.5)
        assert not set(ids(heard, AIMED)) & set(true)
        listed = await exchange.rows(FAULTS)
        assert listed["faults"] == [wanted | {"bitten": len(true)}]
        assert listed["bites"] == {"drop": len(true)}

    with_exchange(scenario)


def test_a_fault_is_ended_before_its_time() -> None:
    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(1)
        assert (await exchange.get("/fapi/v1/time")).status_code == 503
        exchange.clock.advance(2)
        ended = await exchange.delete(f"{FAULTS}/0")
        wanted = {"number": 0, "kind": "rest_503", "start_s": 0, "duration_s": 3.0, "bitten": 1}
        assert (ended.status_code, ended.json()) == (200, wanted)
        assert (await exchange.get("/fapi/v1/time")).status_code == 200
        assert (await exchange.delete(f"{FAULTS}/0")).json() == wanted  # once more changes nothing
        for number in (1, 2):  # what the exchange is, and what is not there
            refused = await exchange.delete(f"{FAULTS}/{number}")
            assert (refused.status_code, refused.json()["parameter"]) == (400, "number")

    lasting = {"kind": "rest_503", "start_s": 0, "duration_s": 1000}
    with_exchange(scenario, plan=plan(lasting, {"kind": "settle", "start_s": 0, "symbol": "ADAUSDT"}))


REFUSED: list[tuple[object, str]] = [
    (b"{torn", "fault"),
    ([], "fault"),
    ({}, "kind"),
    ({"kind": "dorp"}, "kind"),
    ({"kind": "drop", "probability": 1.5}, "probability"),
    ({"kind": "drop", "probability": "often"}, "probability"),
    ({"kind": "drop", "start_s": -1}, "start_s"),
    ({"kind": "drop", "start_s": None}, "start_s"),
    ({"kind": "drop", "duration_s": 0}, "duration_s"),
    ({"kind": "drop", "count": 0}, "count"),
    ({"kind": "drop", "count": 1.5}, "count"),
    ({"kind": "drop", "symbol": "NOPEUSDT"}, "symbol"),
    ({"kind": "drop", "symbol": 5}, "symbol"),
    ({"kind": "drop", "path": "aggTrades"}, "path"),
    ({"kind": "drop", "delay_ms": 5}, "delay_ms"),
    ({"kind": "delay", "delay_ms": True}, "delay_ms"),
    (b'{"kind": "delay", "delay_ms": NaN}', "delay_ms"),
    ({"kind": "cut", "symbol": "ETHUSDT"}, "symbol"),
    ({"kind": "stream_silent"}, "stream"),
    ({"kind": "settle"}, "symbol"),
    ({"kind": "settle", "symbol": "ADAUSDT", "duration_s": 5}, "duration_s"),
    ({"kind": "halt"}, "duration_s"),
    ({"kind": "halt", "duration_s": 5, "count": 3}, "count"),
    ({"kind": "halt", "duration_s": 5, "start_s": 0}, "start_s"),
    ({"kind": "burst"}, "duration_s"),
    (b'{"kind": "' + b"x" * 70_000 + b'"}', "fault"),
]


def test_a_fault_that_cannot_be_is_refused_by_name() -> None:
    async def scenario(exchange: Exchange) -> None:
        for body, offender in REFUSED:
            answer = await exchange.post(FAULTS, body)
            assert (answer.status_code, answer.json().get("parameter")) == (400, offender), body
            assert answer.json()["msg"].startswith(f"{offender}: ")
        assert (await exchange.rows(FAULTS))["faults"] == []

    with_exchange(scenario)


def test_the_number_of_faults_is_bounded() -> None:
    async def scenario(exchange: Exchange) -> None:
        answer = await exchange.post(FAULTS, {"kind": "drop"})
        assert (answer.status_code, answer.json()["parameter"]) == (400, "faults")

    with_exchange(scenario, plan=plan(*[{"kind": "drop", "start_s": 1e6}] * 1_000))


def test_ids_are_told_to_an_outside_check() -> None:
    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(60)
        start = START_MS - 60_000
        told = await exchange.rows("/simulation/ids", symbol="ETHUSDT", startTime=start)
        true = plain_ids("ETHUSDT", -60, 60, by_publication=False)
        assert (told["first"], told["stop"]) == (true[0], true[-1] + 1)
        denied = [a for first, last in told["denied"] for a in range(first, last + 1)]
        assert (
            denied
            == exchange.market.truth_ids(
                "ETHUSDT", start * 10**6, (START_MS + 60_000) * 10**6
            ).denied.tolist()
        )
        assert 20 < len(denied) < len(plain_ids("ETHUSDT", 10, 20, by_publication=False)) - 20
        incomplete: list[dict[str, object]] = [
            {},
            {"symbol": "NOPE", "startTime": 1},
            {"symbol": "ETHUSDT"},
            {"symbol": "ETHUSDT", "startTime": 1},
        ]
        for query in incomplete:
            assert (await exchange.get("/simulation/ids", **query)).status_code == 400

    fault = {"kind": "confirmed_hole", "start_s": 10, "duration_s": 10, "probability": 0.5}
    with_exchange(scenario, plan=plan(fault))

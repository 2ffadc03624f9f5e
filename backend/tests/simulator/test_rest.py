"""The REST side over real sockets."""

import pytest

from quant.simulator.kernels import BAR_CLOSE
from quant.simulator.symbols import LISTINGS
from simulator.harness import START_MS, Exchange, with_exchange

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
AGG = "/fapi/v1/aggTrades"
KLINES = "/fapi/v1/klines"


def test_exchange_info_lists_every_symbol_with_its_steps() -> None:
    async def scenario(exchange: Exchange) -> None:
        info = await exchange.rows("/fapi/v1/exchangeInfo")
        assert info["serverTime"] == START_MS
        assert [item["symbol"] for item in info["symbols"]] == [listing.symbol for listing in LISTINGS]
        bitcoin = info["symbols"][0]
        wanted = {"status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT", "contractType": "PERPETUAL"}
        assert {key: bitcoin[key] for key in wanted} == wanted
        filters = {item["filterType"]: item for item in bitcoin["filters"]}
        assert filters["PRICE_FILTER"]["tickSize"] == "0.10"
        assert filters["LOT_SIZE"]["stepSize"] == "0.001"

    with_exchange(scenario)


def test_time_follows_the_market_clock() -> None:
    async def scenario(exchange: Exchange) -> None:
        assert await exchange.rows("/fapi/v1/time") == {"serverTime": START_MS}
        exchange.clock.advance(1.5)
        assert await exchange.rows("/fapi/v1/time") == {"serverTime": START_MS + 1500}
        assert await exchange.rows("/fapi/v1/ping") == {}

    with_exchange(scenario)


def test_agg_trades_by_id_page_without_hole_or_overlap() -> None:
    async def scenario(exchange: Exchange) -> None:
        start = START_MS - 30 * 60_000
        by_time = await exchange.rows(AGG, symbol="BTCUSDT", startTime=start, limit=1000)
        paged = []
        while len(paged) < 2500:
            first = paged[-1]["a"] + 1 if paged else by_time[0]["a"]
            paged += await exchange.rows(AGG, symbol="BTCUSDT", fromId=first, limit=1000)
        assert paged[:1000] == by_time
        assert list(paged[0]) == ["a", "p", "q", "f", "l", "T", "m"]
        assert [row["a"] for row in paged] == list(range(paged[0]["a"], paged[0]["a"] + len(paged)))
        true = exchange.market.instrument("BTCUSDT").trades(paged[0]["T"], paged[-1]["T"] + 1)
        assert [row["T"] for row in paged] == true.times_ms.tolist()[: len(paged)]

    with_exchange(scenario)


def test_agg_trades_by_time_take_both_ends() -> None:
    async def scenario(exchange: Exchange) -> None:
        start = START_MS - 600_000
        rows = await exchange.rows(AGG, symbol="ADAUSDT", startTime=start, endTime=start + 59_999, limit=1000)
        true = exchange.market.instrument("ADAUSDT").trades(start, start + 60_000)
        assert [row["a"] for row in rows] == true.ids.tolist()
        at = rows[10]["T"]
        inside = await exchange.rows(AGG, symbol="ADAUSDT", startTime=at, endTime=at)
        assert inside == [row for row in rows if row["T"] == at]
        until = await exchange.rows(AGG, symbol="ADAUSDT", endTime=at, limit=1000)
        assert until[0]["T"] >= at - HOUR_MS

    with_exchange(scenario)


def test_the_latest_agg_trades_end_now() -> None:
    async def scenario(exchange: Exchange) -> None:
        rows = await exchange.rows(AGG, symbol="BTCUSDT", limit=7)
        assert len(rows) == 7
        assert rows[-1]["a"] == exchange.market.instrument("BTCUSDT").next_id(START_MS) - 1
        assert rows[-1]["T"] < START_MS
        assert len(await exchange.rows(AGG, symbol="BTCUSDT")) == 500
        assert len(await exchange.rows(AGG, symbol="BTCUSDT", limit=5000)) == 1000
        ahead = rows[-1]["a"] + 1
        assert await exchange.rows(AGG, symbol="BTCUSDT", fromId=ahead) == []

    with_exchange(scenario)


REFUSED: list[tuple[str, dict[str, object], int]] = [
    (AGG, {}, -1102),
    (AGG, {"symbol": "NOPEUSDT"}, -1121),
    (AGG, {"symbol": "btcusdt"}, -1121),
    (AGG, {"symbol": "BTCUSDT", "fromId": 1, "startTime": START_MS - 1000}, -1128),
    (AGG, {"symbol": "BTCUSDT", "fromId": "x"}, -1100),
    (AGG, {"symbol": "BTCUSDT", "fromId": "²"}, -1100),
    (AGG, {"symbol": "BTCUSDT", "fromId": 1}, -1130),
    (AGG, {"symbol": "BTCUSDT", "startTime": START_MS - HOUR_MS, "endTime": START_MS}, -1127),
    (AGG, {"symbol": "BTCUSDT", "startTime": START_MS, "endTime": START_MS - 1}, -1128),
    (AGG, {"symbol": "BTCUSDT", "startTime": START_MS - 49 * HOUR_MS}, -1130),
    (AGG, {"symbol": "BTCUSDT", "limit": 0}, -1130),
    (AGG, {"symbol": "BTCUSDT", "limit": -5}, -1100),
    (AGG, {"symbol": "BTCUSDT", "startTime": "9" * 30}, -1100),
    (KLINES, {"symbol": "BTCUSDT"}, -1102),
    (KLINES, {"interval": "1m"}, -1102),
    (KLINES, {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
    (KLINES, {"symbol": "NOPE", "interval": "1m"}, -1121),
    (KLINES, {"symbol": "BTCUSDT", "interval": "1m", "limit": "many"}, -1100),
    (KLINES, {"symbol": "BTCUSDT", "interval": "1m", "startTime": 2, "endTime": 1}, -1128),
    ("/fapi/v1/premiumIndex", {"symbol": "NOPE"}, -1121),
]


def test_refusals_carry_the_exchange_code() -> None:
    async def scenario(exchange: Exchange) -> None:
        for path, params, code in REFUSED:
            response = await exchange.get(path, **params)
            body = response.json()
            assert (response.status_code, body.get("code"), list(body)) == (400, code, ["code", "msg"]), (
                params
            )

    with_exchange(scenario)


def test_klines_of_every_interval_end_with_the_forming_bar() -> None:
    async def check(exchange: Exchange, interval: str, now: int) -> None:
        rows = await exchange.rows(KLINES, symbol="XMRUSDT", interval=interval, limit=50)
        assert len(rows) == 50
        assert all(len(row) == 12 for row in rows)
        length = rows[0][6] + 1 - rows[0][0]
        assert [row[0] for row in rows] == list(range(rows[0][0], rows[-1][0] + 1, length))
        assert rows[-1][0] <= now <= rows[-1][6]
        instrument = exchange.market.instrument("XMRUSDT")
        forming = instrument.trades(rows[-1][0], now)
        assert rows[-1][8] == sum((forming.last_ids - forming.first_ids + 1).tolist())
        closed = instrument.klines(length, rows[0][0], rows[-1][0]).table
        assert [round(float(row[4]) * 100) for row in rows[:-1]] == closed[:, BAR_CLOSE].tolist()

    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(12.345)
        for interval in ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "4h", "1d"):
            await check(exchange, interval, START_MS + 12_345)

    with_exchange(scenario)


def test_klines_by_time() -> None:
    async def scenario(exchange: Exchange) -> None:
        async def opens(**params: int) -> list[int]:
            rows = await exchange.rows(KLINES, symbol="ADAUSDT", interval="1m", **params)
            return [(row[0] - start) // 60_000 for row in rows]

        start = START_MS - HOUR_MS
        assert await opens(startTime=start, limit=3) == [0, 1, 2]
        assert await opens(startTime=start + 1, limit=3) == [1, 2, 3]
        assert await opens(startTime=start, endTime=start + 120_000) == [0, 1, 2]
        assert await opens(startTime=start, endTime=start + 119_999) == [0, 1]
        assert await opens(endTime=start + 59_999, limit=2) == [-1, 0]
        assert await opens(startTime=START_MS + HOUR_MS) == []
        assert len(await opens(startTime=START_MS - 89 * DAY_MS, limit=9999)) == 1500

    with_exchange(scenario)


def test_a_settled_symbol_keeps_its_bars() -> None:
    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(100 * 86_400)
        rows = await exchange.rows(KLINES, symbol="EOSUSDT", interval="1m", limit=5)
        assert rows[-1][6] + 1 == exchange.market.instrument("EOSUSDT").end_ms
        assert await exchange.rows(AGG, symbol="EOSUSDT") == []
        assert (await exchange.rows("/fapi/v1/premiumIndex", symbol="EOSUSDT"))[
            "time"
        ] < START_MS + 100 * DAY_MS

    with_exchange(scenario)


def test_klines_weigh_by_their_limit() -> None:
    async def scenario(exchange: Exchange) -> None:
        used = 0
        for limit, weight in ((99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10), (1500, 10)):
            response = await exchange.get(KLINES, symbol="KSMUSDT", interval="1m", limit=limit)
            used += weight
            assert len(response.json()) == limit
            assert response.headers["X-MBX-USED-WEIGHT-1m"] == str(used), limit

    with_exchange(scenario)


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_the_budget_ends_with_429_and_returns_after_retry_after(speed: float) -> None:
    """Seconds are the market's: at sixty times the speed a minute's budget is there again after a second."""

    async def scenario(exchange: Exchange) -> None:
        used = 0
        for _ in range(120):
            response = await exchange.get(AGG, symbol="KSMUSDT", limit=1)
            used += 20
            assert (response.status_code, response.headers["X-MBX-USED-WEIGHT-1m"]) == (200, str(used))
        refused = await exchange.get("/fapi/v1/time")
        assert (refused.status_code, refused.json()["code"]) == (429, -1003)
        assert await exchange.rows("/simulation/truth")
        exchange.clock.advance((int(refused.headers["Retry-After"]) - 1.5) / speed)
        assert (await exchange.get("/fapi/v1/time")).status_code == 429
        exchange.clock.advance(1.5 / speed)
        assert (await exchange.get("/fapi/v1/time")).headers["X-MBX-USED-WEIGHT-1m"] == "1"

    with_exchange(scenario, speed=speed)


def test_premium_index_of_one_and_of_all() -> None:
    async def scenario(exchange: Exchange) -> None:
        one = await exchange.rows("/fapi/v1/premiumIndex", symbol="BTCUSDT")
        assert float(one["markPrice"]) == pytest.approx(exchange.market.instrument("BTCUSDT").mid(START_MS))
        assert abs(float(one["lastFundingRate"])) < 1e-3
        assert one["nextFundingTime"] > START_MS
        everything = await exchange.rows("/fapi/v1/premiumIndex")
        assert len(everything) == len(LISTINGS) - 1
        assert everything[0] == one

    with_exchange(scenario)


def test_truth_is_that_of_the_seed() -> None:
    async def scenario(exchange: Exchange) -> None:
        assert await exchange.rows("/simulation/truth") == exchange.market.truth
        assert exchange.market.truth["market"] == "sim-21"
        assert (await exchange.get("/fapi/v1/nope")).status_code == 404

    with_exchange(scenario, seed=21)


def test_history_reaches_thirty_days_back() -> None:
    async def scenario(exchange: Exchange) -> None:
        for listing in LISTINGS:
            start = START_MS - 31 * DAY_MS
            rows = await exchange.rows(
                KLINES, symbol=listing.symbol, interval="1m", startTime=start, limit=60
            )
            assert [row[0] for row in rows] == list(range(start, start + HOUR_MS, 60_000))
            assert sum(row[8] for row in rows) > 0

    with_exchange(scenario)

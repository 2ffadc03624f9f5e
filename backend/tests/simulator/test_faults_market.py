"""Faults of the market itself: the altered truth is one and the same for streams, REST and an outside check."""

import json
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.clock import NS_PER_MS
from quant.domain import Interval
from quant.simulator import AlteredMarket, Fault, FaultKind, FaultPlan
from quant.simulator.kernels import (
    BAR_CLOSE,
    BAR_HIGH,
    BAR_LOW,
    BAR_OPEN,
    BAR_QUOTE,
    BAR_TRADES,
    BAR_VOLUME,
)
from quant.simulator.symbols import LISTINGS, NON_ASCII_LISTING
from simulator.faulty import PLAIN, WITNESS, hear, ids, plain_ids, plan, subscribed
from simulator.harness import START_MS, START_NS, Exchange, with_exchange

FOREIGN = NON_ASCII_LISTING.symbol
AGG = "/fapi/v1/aggTrades"
SPAN_S = 900

windows = st.tuples(st.integers(0, SPAN_S), st.integers(1, 300), st.integers(0, 999))
edits = st.fixed_dictionaries(
    {
        "halt": st.lists(windows, max_size=3),
        "confirmed_hole": st.lists(windows, max_size=2),
        "rewind_t": st.lists(windows, max_size=1),
    }
)
Edits = dict[str, list[tuple[int, int, int]]]


def market_under(found: Edits, *, probability: float = 0.4) -> AlteredMarket:
    faults = [
        Fault(
            FaultKind(kind),
            start + ms / 1000,
            duration_s=length,
            probability=1.0 if kind == "halt" else probability,
        )
        for kind, spans in found.items()
        for start, length, ms in spans
    ]
    return AlteredMarket.under(7, FaultPlan(3, tuple(faults)), origin_ns=START_NS)


def rows(market: AlteredMarket, symbol: str, start_s: float, end_s: float) -> np.ndarray:
    return market.trades(symbol, START_NS + round(start_s * 1e9), START_NS + round(end_s * 1e9)).rows


def unhalted(found: Edits, symbol: str, end_s: float) -> np.ndarray:
    """Return the plain market's rows without the halts, from its start."""
    plain = PLAIN.trades(symbol, START_NS, START_NS + round(end_s * 1e9)).rows
    at_s = (plain[:, 3] - START_MS) / 1000
    keep = np.ones(len(plain), dtype=bool)
    for start, length, ms in found["halt"]:
        keep &= ~((at_s >= start + ms / 1000) & (at_s < start + ms / 1000 + length))
    return plain[keep]


@settings(max_examples=15)
@given(edits)
def test_halts_leave_no_gap_in_the_ids_and_holes_leave_theirs(found: Edits) -> None:
    market = market_under(found)
    told = rows(market, "SOLUSDT", 0, SPAN_S + 400)
    oracle = unhalted(found, "SOLUSDT", SPAN_S + 400)
    truth = market.truth_ids("SOLUSDT", START_NS, START_NS + (SPAN_S + 400) * 10**9)
    assert truth.stop - truth.first == len(oracle)
    assert truth.first == PLAIN.instrument("SOLUSDT").next_id(START_MS)
    assert told[:, 0].tolist() == truth.given.tolist()
    kept = np.isin(np.arange(truth.first, truth.stop), truth.given)
    assert np.array_equal(told[:, 4:], oracle[kept][:, 4:])  # E, price, size and side stay
    moved = oracle[kept][:, 3] - told[:, 3]
    assert set(np.unique(moved)) <= {0, 2_000}
    for number in truth.denied:
        at_s = (oracle[number - truth.first, 3] - START_MS) / 1000
        assert any(s + ms / 1000 <= at_s < s + ms / 1000 + n for s, n, ms in found["confirmed_hole"])


@settings(max_examples=15)
@given(edits, st.integers(-200, SPAN_S + 300), st.integers(1, 700))
def test_ids_and_times_name_the_same_trades(found: Edits, at_s: int, limit: int) -> None:
    market = market_under(found)
    instrument = market.instrument("SOLUSDT")
    until_ms = START_MS + 1000 * (SPAN_S + 400)
    first = instrument.next_id(START_MS + 1000 * at_s)
    by_id = instrument.trades_from_id(first, limit=limit, until_ms=until_ms).rows
    by_time = instrument.trades(START_MS + 1000 * at_s, until_ms).rows
    assert np.array_equal(by_id, by_time[:limit])
    assert by_time[0, 0] >= first


@settings(max_examples=15)
@given(
    st.lists(windows, min_size=1, max_size=3),
    st.sampled_from(["1s", "1m", "5m"]),
    st.integers(-400, SPAN_S),
    st.integers(1, 600_000),
    st.sampled_from(["XMRUSDT", "KSMUSDT", "SOLUSDT"]),
)
def test_bars_are_quiet_in_a_halt(
    halts: list[tuple[int, int, int]], name: str, start_s: int, length_ms: int, symbol: str
) -> None:
    found = {"halt": halts, "confirmed_hole": [], "rewind_t": []}
    market = market_under(found)
    start_ms = START_MS + 1000 * start_s
    bars = market.klines(
        symbol, Interval.parse(name), start_ms * NS_PER_MS, (start_ms + length_ms) * NS_PER_MS
    )
    step = bars.interval_ms
    trades = rows(market, symbol, start_s - 1_000, start_s + length_ms / 1000)
    last = trades[trades[:, 3] < start_ms - start_ms % step][-1, 5]
    for open_ms, bar in zip(bars.times_ms.tolist(), bars.table, strict=True):
        inside = trades[(trades[:, 3] >= open_ms) & (trades[:, 3] < open_ms + step)]
        prices = inside[:, 5].tolist() or [last]
        last = prices[-1]
        assert bar[[BAR_OPEN, BAR_HIGH, BAR_LOW, BAR_CLOSE]].tolist() == [
            prices[0],
            max(prices),
            min(prices),
            last,
        ]
        assert bar[BAR_VOLUME] == inside[:, 6].sum()
        assert bar[BAR_QUOTE] == (inside[:, 5] * inside[:, 6]).sum()
        assert bar[BAR_TRADES] == (inside[:, 2] - inside[:, 1] + 1).sum()


def test_halts_that_overlap_are_one_and_pages_of_ids_run_across_them() -> None:
    found = {
        "halt": [(60, 120, 0), (100, 30, 500), (150, 60, 0)],
        "confirmed_hole": [(20, 300, 0)],
        "rewind_t": [],
    }
    market = market_under(found)
    oracle = unhalted(found, "BTCUSDT", 600)
    truth = market.truth_ids("BTCUSDT", START_NS, START_NS + 600 * 10**9)
    assert truth.stop - truth.first == len(oracle)
    told = rows(market, "BTCUSDT", 0, 600)
    assert told[:, 0].tolist() == truth.given.tolist()
    instrument = market.instrument("BTCUSDT")
    paged: list[int] = []
    while len(paged) < len(told):
        first = paged[-1] + 1 if paged else truth.first
        page = instrument.trades_from_id(first, limit=3_000, until_ms=START_MS + 600_000)
        paged += page.ids.tolist()
        assert len(page) == min(3_000, len(told) - len(paged) + len(page))
    assert paged == truth.given.tolist()


def test_without_a_plan_it_is_the_plain_market() -> None:
    market = AlteredMarket.under(7, FaultPlan(), origin_ns=START_NS)
    for listing in LISTINGS:
        assert np.array_equal(
            rows(market, listing.symbol, -60, 60),
            PLAIN.trades(listing.symbol, START_NS - 60 * 10**9, START_NS + 60 * 10**9).rows,
        )
    assert market.listings(START_MS) == PLAIN.listings(START_MS)
    assert market.truth == PLAIN.truth


def test_a_settling_in_mid_hour_changes_nothing_before_it() -> None:
    settle = plan({"kind": "settle", "symbol": "ADAUSDT", "start_s": 1234.567})
    market = AlteredMarket.under(7, settle, origin_ns=START_NS)
    before = PLAIN.trades("ADAUSDT", START_NS, START_NS + 1_234_567 * 10**6).rows
    assert np.array_equal(rows(market, "ADAUSDT", 0, 7_200), before)
    truth = market.truth_ids("ADAUSDT", START_NS, START_NS + 7_200 * 10**9)
    assert truth.stop == before[-1, 0] + 1
    assert len(rows(market, "BTCUSDT", 0, 60)) == len(plain_ids("BTCUSDT", 0, 60, by_publication=False))


def test_a_halt_is_silence_and_rest_agrees() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(f"/market/stream?streams=ethusdt@aggTrade/{WITNESS}") as ws:
            await subscribed(ws)
            heard = await hear(exchange, ws, 30)
            silent = [item for item in heard if item.stream != WITNESS and 10.05 <= item.at_s < 25]
            assert silent == []
            told = ids(heard, "ethusdt@aggTrade")
            assert told == list(range(told[0], told[0] + len(told)))
            rest = await exchange.rows(AGG, symbol="ETHUSDT", fromId=told[0], limit=1000)
            assert [row["a"] for row in rest][: len(told)] == told
            assert exchange.injector.bitten[0] >= len(plain_ids("ETHUSDT", 10, 25, by_publication=False))

    with_exchange(scenario, plan=plan({"kind": "halt", "start_s": 10, "duration_s": 15}))


def test_a_confirmed_hole_is_denied_by_stream_and_rest() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(f"/market/stream?streams=ethusdt@aggTrade/{WITNESS}") as ws:
            await subscribed(ws)
            told = ids(await hear(exchange, ws, 30), "ethusdt@aggTrade")
        denied = set(exchange.market.truth_ids("ETHUSDT", START_NS, START_NS + 30 * 10**9).denied.tolist())
        assert denied == set(range(told[0], told[-1] + 1)) - set(told)
        assert denied <= set(plain_ids("ETHUSDT", 10, 25, by_publication=False))
        assert len(denied) > 20
        rest = await exchange.rows(AGG, symbol="ETHUSDT", fromId=told[0], limit=1000)
        assert [row["a"] for row in rest] == told[:1000]
        assert exchange.injector.bitten[0] >= len(denied)

    fault = {
        "kind": "confirmed_hole",
        "start_s": 10,
        "duration_s": 15,
        "symbol": "ETHUSDT",
        "probability": 0.3,
    }
    with_exchange(scenario, plan=plan(fault))


def test_times_go_back_on_the_wire_as_by_rest_while_ids_rise() -> None:
    async def scenario(exchange: Exchange) -> None:
        async with exchange.connect(f"/market/stream?streams=ethusdt@aggTrade/{WITNESS}") as ws:
            await subscribed(ws)
            heard = [item.data for item in await hear(exchange, ws, 20) if item.stream != WITNESS]
        numbers = [item["a"] for item in heard]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        times = [item["T"] for item in heard]
        assert sum(later < earlier for earlier, later in pairwise(times)) > 5
        rest = await exchange.rows(AGG, symbol="ETHUSDT", fromId=numbers[0], limit=1000)
        assert [row["T"] for row in rest] == times[:1000]
        assert exchange.injector.bitten[0] > 5

    fault = {"kind": "rewind_t", "start_s": 5, "duration_s": 5, "by_ms": 3_000, "probability": 0.5}
    with_exchange(scenario, plan=plan(fault))


async def statuses(exchange: Exchange) -> dict[str, str]:
    info = await exchange.rows("/fapi/v1/exchangeInfo")
    return {item["symbol"]: item["status"] for item in info["symbols"]}


def test_a_symbol_settles_leaves_and_comes_while_the_exchange_runs() -> None:
    faults: list[dict[str, object]] = [
        {"kind": "settle", "symbol": "ETHUSDT", "start_s": 10},
        {"kind": "delist", "symbol": "SOLUSDT", "start_s": 12},
        {"kind": "enlist", "symbol": "BNBUSDT", "start_s": 14},
        {"kind": "non_ascii", "start_s": 16},
    ]
    symbols = ["ETHUSDT", "SOLUSDT", "BNBUSDT", FOREIGN]

    async def scenario(exchange: Exchange) -> None:
        before = await statuses(exchange)
        assert (before["ETHUSDT"], before["SOLUSDT"]) == ("TRADING", "TRADING")
        assert not {"BNBUSDT", FOREIGN} & before.keys()
        assert (await exchange.get(AGG, symbol=FOREIGN)).status_code == 400
        assert (await exchange.get(AGG, symbol="BNBUSDT")).status_code == 400
        streams = "/".join(f"{symbol.lower()}@aggTrade" for symbol in symbols)
        async with exchange.connect(f"/market/stream?streams={streams}/{WITNESS}") as ws:
            await subscribed(ws)
            heard = await hear(exchange, ws, 60)
        spans = {symbol: [item.at_s for item in heard if item.data["s"] == symbol] for symbol in symbols}
        assert spans["ETHUSDT"][0] < 1
        assert 9 < spans["ETHUSDT"][-1] < 10.05
        assert 11 < spans["SOLUSDT"][-1] < 12.05
        assert 14 < spans["BNBUSDT"][0] < 16
        assert 16 < spans[FOREIGN][0] < 19
        after = await statuses(exchange)
        assert (after["ETHUSDT"], after["BNBUSDT"], after[FOREIGN]) == ("SETTLING", "TRADING", "TRADING")
        assert "SOLUSDT" not in after
        assert (await exchange.get(AGG, symbol="SOLUSDT")).status_code == 400
        told = ids(heard, f"{FOREIGN.lower()}@aggTrade")
        rest = await exchange.rows(AGG, symbol=FOREIGN, limit=1000)
        assert [row["a"] for row in rest][: len(told)] == told
        truth = exchange.market.truth_ids(FOREIGN, START_NS, START_NS + 60 * 10**9)
        assert (truth.first, truth.stop) == (told[0], rest[-1]["a"] + 1)
        assert min(exchange.injector.bitten) > 0

    with_exchange(scenario, plan=plan(*faults))


def test_a_halt_can_be_called_while_the_exchange_runs() -> None:
    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(5.4)
        async with exchange.connect(f"/market/stream?streams=ethusdt@aggTrade/{WITNESS}") as ws:
            await subscribed(ws)
            answer = await exchange.post("/simulation/faults", {"kind": "halt", "duration_s": 10})
            assert answer.json()["start_s"] == 6
            heard = await hear(exchange, ws, 20)
        told = [item for item in heard if item.stream != WITNESS]
        assert [item for item in told if 6.05 <= item.at_s < 16] == []
        assert [item for item in told if item.at_s < 6]
        true = exchange.market.truth_ids("ETHUSDT", START_NS + 54 * 10**8, START_NS + 26 * 10**9)
        got = ids(heard, "ethusdt@aggTrade")
        assert got == list(range(got[0], got[0] + len(got)))
        assert got[-1] < true.stop

    with_exchange(scenario)


def test_another_process_finds_the_same_truth_from_the_plan_alone() -> None:
    faults = plan(
        {"kind": "halt", "start_s": 10, "duration_s": 15},
        {"kind": "confirmed_hole", "start_s": 30, "duration_s": 15, "probability": 0.3},
    )

    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(60)
        copy = FaultPlan.parse(json.dumps(faults.as_json()))
        outside = AlteredMarket.under(7, copy, origin_ns=START_NS)
        end = START_NS + 60 * 10**9
        inside = exchange.market.truth_ids("BTCUSDT", START_NS, end)
        assert outside.truth_ids("BTCUSDT", START_NS, end).given.tolist() == inside.given.tolist()
        assert len(inside.denied) > 20

    with_exchange(scenario, plan=faults)


def test_the_latest_trades_are_the_last_that_there_are() -> None:
    """Denied ids at the end do not make the newest trade one that nobody can have."""
    script = plan({"kind": "confirmed_hole", "start_s": 0, "duration_s": 30, "symbol": "ETHUSDT"})

    async def scenario(exchange: Exchange) -> None:
        exchange.clock.advance(20)
        before = plain_ids("ETHUSDT", -60, 0, by_publication=False)
        (newest,) = await exchange.rows(AGG, symbol="ETHUSDT", limit=1)
        assert newest["a"] == before[-1]
        rows = await exchange.rows(AGG, symbol="ETHUSDT", limit=40)
        assert [row["a"] for row in rows] == before[-40:]

    with_exchange(scenario, plan=script)

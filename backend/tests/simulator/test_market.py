"""The market is a function of (seed, time): any way of asking gives the same bytes."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.errors import UnknownSymbol
from quant.simulator import SimMarket
from quant.simulator.instrument import EPOCH_MS
from quant.simulator.symbols import LISTINGS
from simulator import market_digest

MARKET = SimMarket(7)
TRADING = [item.symbol for item in LISTINGS if item.status == "TRADING"]
NS_PER_MS = 1_000_000
DAY_MS = 86_400_000
FIRST_MS, LAST_MS = EPOCH_MS, EPOCH_MS + 900 * DAY_MS
LAST_NS = LAST_MS * NS_PER_MS

times = st.integers(FIRST_MS, LAST_MS)
symbols = st.sampled_from(TRADING)


def rows(market: SimMarket, symbol: str, start_ms: int, end_ms: int) -> np.ndarray:
    return market.trades(symbol, start_ms * NS_PER_MS, end_ms * NS_PER_MS).rows


@given(symbols, times, st.lists(st.integers(1, 600_000), min_size=2, max_size=6))
def test_any_split_of_a_range_gives_the_same_trades(symbol: str, start: int, lengths: list[int]) -> None:
    cuts = np.cumsum([start, *lengths]).tolist()
    parts = [rows(MARKET, symbol, a, b) for a, b in pairwise(cuts)]
    assert np.array_equal(np.concatenate(parts), rows(MARKET, symbol, cuts[0], cuts[-1]))


@given(symbols, times, st.integers(1, 5_400_000))
def test_trades_are_in_order_and_inside_the_range(symbol: str, start: int, length: int) -> None:
    trades = MARKET.trades(symbol, start * NS_PER_MS, (start + length) * NS_PER_MS)
    assert np.all(np.diff(trades.ids) == 1)
    assert np.all(np.diff(trades.times_ms) >= 0)
    assert np.all(np.diff(trades.published_ms) >= 0)
    latency = trades.published_ms - trades.times_ms
    assert np.all((latency >= 1) & (latency <= 40))
    assert np.all((trades.times_ms >= start) & (trades.times_ms < start + length))
    assert np.all(trades.price_ticks > 0)
    assert np.all(trades.size_steps > 0)


@given(symbols, times, st.integers(1, 3_000), st.integers(-50, 50))
def test_ids_and_times_name_the_same_trades(symbol: str, start: int, limit: int, shift: int) -> None:
    instrument = MARKET.instrument(symbol)
    first = max(instrument.first_id, instrument.next_id(start) + shift)
    until = start + 3_600_000
    found = instrument.trades_from_id(first, limit=limit, until_ms=until)
    assert len(found) <= limit
    if len(found):
        assert found.ids[0] == first
        begin, end = int(found.times_ms[0]), int(found.times_ms[-1]) + 1
        by_time = instrument.trades(begin, min(end, until)).rows
        by_time = by_time[(by_time[:, 0] >= first) & (by_time[:, 0] <= found.ids[-1])]
        assert np.array_equal(found.rows, by_time)
    if len(found) < limit:
        assert first + len(found) >= instrument.next_id(until)


@given(symbols, times)
def test_next_id_is_the_id_of_the_next_trade(symbol: str, at: int) -> None:
    instrument = MARKET.instrument(symbol)
    after = instrument.trades(at, at + 900_000)
    assert instrument.next_id(at) == after.ids[0]


def test_ids_begin_at_the_opening_of_the_market() -> None:
    instrument = MARKET.instrument("BTCUSDT")
    assert instrument.next_id(EPOCH_MS - DAY_MS) == instrument.first_id
    assert instrument.trades(EPOCH_MS - DAY_MS, EPOCH_MS + 1000).ids[0] == instrument.first_id
    assert len(instrument.trades(EPOCH_MS - DAY_MS, EPOCH_MS)) == 0


def test_exchange_trade_ids_rise_and_rarely_jump() -> None:
    trades = MARKET.trades("BTCUSDT", LAST_MS * NS_PER_MS, (LAST_MS + 3_600_000) * NS_PER_MS)
    spans = trades.last_ids - trades.first_ids + 1
    assert set(np.unique(spans)) == {1, 2, 3}
    skipped = trades.first_ids[1:] - trades.last_ids[:-1] - 1
    assert set(np.unique(skipped)) == {0, 1}
    assert np.mean(skipped) < 0.001


def test_another_process_makes_the_same_bytes() -> None:
    command = [sys.executable, market_digest.__file__, "11", str(LAST_NS)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert printed.stdout == market_digest.digest(11, LAST_NS)


def test_seeds_are_different_markets() -> None:
    assert market_digest.digest(11, LAST_NS) != market_digest.digest(12, LAST_NS)


def test_the_future_does_not_change_what_was() -> None:
    market = SimMarket(5)
    before = rows(market, "SOLUSDT", LAST_MS - 60_000, LAST_MS)
    market.instrument("SOLUSDT").mid(LAST_MS + 400 * DAY_MS)
    market.instrument("SOLUSDT").grid.cache_clear()
    assert np.array_equal(before, rows(market, "SOLUSDT", LAST_MS - 60_000, LAST_MS))


def test_the_list_of_symbols_is_that_of_an_exchange() -> None:
    specs = MARKET.symbols
    assert len(specs) >= 30
    assert len({spec.symbol for spec in specs}) == len(specs)
    assert [spec.status for spec in specs if spec.status != "TRADING"] == ["SETTLING"]
    rates = [item.rate for item in LISTINGS]
    assert min(rates) == 0.2
    assert max(rates) <= 50
    assert 150 <= sum(rates) <= 220


def test_symbols_trade_at_their_rate() -> None:
    for listing in LISTINGS:
        if listing.status == "TRADING":
            instrument = MARKET.instrument(listing.symbol)
            trades = instrument.next_id(LAST_MS) - instrument.next_id(LAST_MS - 20 * DAY_MS)
            assert trades / (20 * 86_400) == pytest.approx(listing.rate, rel=0.1)


def test_a_settled_symbol_has_a_past_and_no_present() -> None:
    instrument = MARKET.instrument("EOSUSDT")
    assert len(instrument.trades(instrument.end_ms - 3_600_000, instrument.end_ms)) > 1000
    assert len(instrument.trades(instrument.end_ms, instrument.end_ms + DAY_MS)) == 0
    assert len(instrument.klines(60_000, instrument.end_ms, instrument.end_ms + DAY_MS)) == 0
    last = instrument.next_id(LAST_MS) - 1
    assert len(instrument.trades_from_id(last, limit=10, until_ms=LAST_MS)) == 1


def test_aggressors_persist() -> None:
    sells = MARKET.trades("ETHUSDT", LAST_MS * NS_PER_MS, (LAST_MS + 3_600_000) * NS_PER_MS).sells
    assert np.mean(sells) == pytest.approx(0.5, abs=0.05)
    assert 0.1 < np.corrcoef(sells[1:], sells[:-1])[0, 1] < 0.6


def test_buyers_pay_more_than_sellers_get() -> None:
    trades = MARKET.trades("BNBUSDT", LAST_MS * NS_PER_MS, (LAST_MS + 600_000) * NS_PER_MS)
    mids = [MARKET.instrument("BNBUSDT").mid(int(t)) for t in trades.times_ms]
    edge = trades.price_ticks * 0.01 - np.array(mids)
    assert np.all(edge[trades.sells == 1] < 0.005 + 1e-9)
    assert np.all(edge[trades.sells == 0] > -0.005 - 1e-9)
    assert np.mean(edge[trades.sells == 0]) > 0 > np.mean(edge[trades.sells == 1])


def test_an_unknown_symbol_is_named() -> None:
    with pytest.raises(UnknownSymbol, match="'NOPEUSDT' is not a symbol of sim-7"):
        MARKET.trades("NOPEUSDT", 0, 1)

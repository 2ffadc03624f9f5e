"""Bars equal a recomputation from the trades by other code, value for value."""

import json
from decimal import Decimal
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.domain import Interval
from quant.simulator import SimMarket
from quant.simulator.instrument import EPOCH_MS
from quant.simulator.kernels import BAR_TRADES
from quant.simulator.klines import fold
from quant.simulator.symbols import LISTINGS
from quant.simulator.wire import kline_rows

MARKET = SimMarket(3)
TICKS = {item.symbol: item for item in LISTINGS}
NS_PER_MS = 1_000_000
HOUR_MS = 3_600_000
INTERVALS = {
    "1s": 1_000,
    "1m": 60_000,
    "3m": 180_000,
    "5m": 300_000,
    "15m": 900_000,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
}


def recomputed(symbol: str, interval_ms: int, start_ms: int, end_ms: int) -> list[list[object]]:
    """Return REST-shaped bars made one trade at a time, in decimals."""
    tick, step = Decimal(TICKS[symbol].tick), Decimal(TICKS[symbol].step)
    start_ms -= start_ms % interval_ms
    trades = MARKET.trades(symbol, (start_ms - 600_000) * NS_PER_MS, end_ms * NS_PER_MS)
    bars: dict[int, list[tuple[Decimal, Decimal, bool, int]]] = {
        open_ms: [] for open_ms in range(start_ms, end_ms, interval_ms)
    }
    last = None
    for row in trades.rows.tolist():
        _, f, last_id, at_ms, _, ticks, steps, sells = row
        if at_ms < start_ms:
            last = ticks * tick
        else:
            bars[at_ms - at_ms % interval_ms].append((ticks * tick, steps * step, not sells, last_id - f + 1))
    rows: list[list[object]] = []
    for open_ms, fills in bars.items():
        prices = [price for price, *_ in fills] or [last]
        last = prices[-1]
        rows.append(
            [
                open_ms,
                prices[0],
                max(prices),
                min(prices),
                prices[-1],
                sum((size for _, size, *_ in fills), Decimal()),
                open_ms + interval_ms - 1,
                sum((price * size for price, size, *_ in fills), Decimal()),
                sum(count for *_, count in fills),
                sum((size for _, size, buys, _ in fills if buys), Decimal()),
                sum((price * size for price, size, buys, _ in fills if buys), Decimal()),
                Decimal(),
            ]
        )
    return rows


def told(symbol: str, interval: str, start_ms: int, end_ms: int) -> list[list[object]]:
    klines = MARKET.klines(symbol, Interval.parse(interval), start_ms * NS_PER_MS, end_ms * NS_PER_MS)
    return [
        [Decimal(value) if isinstance(value, str) else value for value in row]
        for row in json.loads(kline_rows(TICKS[symbol], klines))
    ]


@settings(max_examples=40)
@given(
    st.sampled_from(["LTCUSDT", "XLMUSDT", "XMRUSDT", "KSMUSDT", "1000SHIBUSDT"]),
    st.sampled_from(sorted(INTERVALS)),
    st.integers(EPOCH_MS + HOUR_MS, EPOCH_MS + 900 * 24 * HOUR_MS),
    st.integers(1, 3),
    st.integers(1, 60_000),
)
def test_bars_equal_their_trades(symbol: str, interval: str, start: int, count: int, rest: int) -> None:
    step = INTERVALS[interval]
    end = min(start - start % step + count * step + rest, start + 5 * HOUR_MS)
    assert told(symbol, interval, start, end) == recomputed(symbol, step, start, end)


def test_a_whole_hour_of_the_busiest_symbol() -> None:
    start = EPOCH_MS + 500 * 24 * HOUR_MS
    assert told("BTCUSDT", "1m", start, start + HOUR_MS) == recomputed(
        "BTCUSDT", 60_000, start, start + HOUR_MS
    )


def test_quiet_bars_repeat_the_last_price() -> None:
    start = EPOCH_MS + 500 * 24 * HOUR_MS
    bars = told("KSMUSDT", "1s", start, start + HOUR_MS)
    quiet = [(bar, before) for before, bar in pairwise(bars) if bar[8] == 0]
    assert len(quiet) > 2000
    for bar, before in quiet:
        assert bar[1:5] == [before[4]] * 4
        assert bar[5] == bar[7] == 0


def test_folding_seconds_gives_the_minutes() -> None:
    # At 0.2 trades a second most seconds are quiet, many a minute opens with a quiet one.
    instrument = MARKET.instrument("KSMUSDT")
    start = EPOCH_MS + 40 * 24 * HOUR_MS
    end = start + 3 * HOUR_MS
    seconds = instrument.klines(1_000, start, end).table
    minutes = instrument.klines(60_000, start, end).table
    assert np.mean(seconds[::60, BAR_TRADES] == 0) > 0.5
    assert np.array_equal(fold(seconds, 60), minutes)
    assert len(fold(seconds[:90], 60)) == 2
    assert len(fold(seconds[:0], 60)) == 0


def test_a_fold_without_trades_repeats_the_price() -> None:
    instrument = MARKET.instrument("KSMUSDT")
    seconds = instrument.klines(1_000, EPOCH_MS, EPOCH_MS + HOUR_MS).table
    quiet = seconds[seconds[:, BAR_TRADES] == 0][:3]
    assert len(np.unique(quiet[:, 0])) == 1
    folded = fold(quiet, 3)
    assert np.array_equal(folded[0, :4], quiet[0, :4])
    assert folded[0, BAR_TRADES] == 0


def test_bars_do_not_depend_on_what_was_asked_before() -> None:
    start = EPOCH_MS + 600 * 24 * HOUR_MS
    forming = told("LINKUSDT", "5m", start, start + 200_000)
    told("LINKUSDT", "5m", start, start + 24 * HOUR_MS)
    assert told("LINKUSDT", "5m", start, start + 200_000) == forming


def test_bars_of_a_symbol_that_opens_after_the_end_are_none() -> None:
    """Both within one hour: a symbol listed a minute ago has no five-minute bar yet."""
    start = EPOCH_MS + HOUR_MS + 5 * 60_000
    assert told("BTCUSDT", "5m", start, start - 60_000) == []

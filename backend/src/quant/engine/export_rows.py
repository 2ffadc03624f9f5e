"""Rows of a span, oldest first, a page at a time: what is stored and what memory holds beside it.

Everything here blocks for the disk and belongs on a thread. A page holds a bounded number of rows, and the next one
begins at the next row there is, however long nothing was stored in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from quant.domain import Bars, Interval
from quant.engine.analysis import analyse, past_inputs, rows_needed, series_view
from quant.engine.cost import pair_seconds
from quant.engine.merging import merged_bars, merged_ticks
from quant.engine.protocol import PairKey, PairSeriesView
from quant.engine.reading import stored_as_ticks
from quant.market.align import AlignedLegs, align_span, closed_until
from quant.market.state import Ticks
from quant.storage.history_paths import HOUR_NS
from quant.storage.records import newest_bars, oldest_bars, pick_bars
from quant.storage.store import Store

BARS_A_PAGE = 20_000
TICKS_A_PAGE = 50_000
PAGE_S = 1.0
"""Expected seconds of computing for one page of a pair: others wait no longer for the thread."""

MIN_PAIR_ROWS = 500


@dataclass(frozen=True, slots=True)
class Series:
    """One symbol's bars: where they are stored, and the copies of those in memory."""

    store: Store
    market: str
    symbol: str
    interval: Interval
    held: Bars

    def first(self, *, limit: int, start: int | None, end: int | None) -> Bars:
        """Return the oldest `limit` bars with start ≤ open time < end (ns)."""
        name = self.interval.name
        stored = self.store.first_bars(self.market, self.symbol, name, limit=limit, start=start, end=end)
        held = newest_bars(self.held, limit=None, start=start, end=end)
        return oldest_bars(merged_bars(held, stored), limit=limit, start=start, end=end)

    def between(self, start: int, end: int) -> Bars:
        """Return all bars with start ≤ open time < end (ns)."""
        stored = self.store.bars(self.market, self.symbol, self.interval.name, start=start, end=end)
        return merged_bars(newest_bars(self.held, limit=None, start=start, end=end), stored)

    def last_time(self, end: int | None) -> int | None:
        """Return the open time of the newest bar (before `end`)."""
        stored = self.store.bars(self.market, self.symbol, self.interval.name, limit=1, end=end)
        newest = merged_bars(newest_bars(self.held, limit=1, start=None, end=end), stored).times
        return int(newest.max()) if len(newest) else None


def closed_only(bars: Bars) -> Bars:
    """Return the bars that have closed."""
    return pick_bars(bars, bars.closed)


def bar_page(series: Series, *, start: int | None, end: int | None) -> tuple[Bars, int | None]:
    """Return a page of bars with start ≤ open time < end (ns), and where the next page starts."""
    bars = series.first(limit=BARS_A_PAGE + 1, start=start, end=end)
    if len(bars) <= BARS_A_PAGE:
        return bars, None
    return pick_bars(bars, slice(BARS_A_PAGE)), int(bars.times[BARS_A_PAGE])


def tick_page(
    store: Store,
    market: str,
    symbol: str,
    *,
    held: Ticks,
    start: int | None,
    end: int | None,
    after_id: int | None,
) -> tuple[Ticks, int | None]:
    """Return a page of trades by rising id with start ≤ time < end (ns), and from when on the next is looked for.

    The time of a next page lies before its trades: they step back in time while ids rise, though never by an hour.
    """
    stored = store.ticks(
        market, symbol, start_ns=start, end_ns=end, after_id=after_id, limit=TICKS_A_PAGE + 1
    )
    inside = np.ones(len(held), np.bool_)
    if start is not None:
        inside &= held.ts_event >= start
    if end is not None:
        inside &= held.ts_event < end
    if after_id is not None:
        inside &= held.ids > after_id
    ticks = merged_ticks(_rows(held, np.flatnonzero(inside)), stored_as_ticks(stored))
    ticks = _rows(ticks, np.argsort(ticks.ids, kind="stable")[: TICKS_A_PAGE + 1])
    if len(ticks.ids) <= TICKS_A_PAGE:
        return ticks, None
    page = _rows(ticks, np.arange(TICKS_A_PAGE))
    since = int(page.ts_event[-1]) - HOUR_NS
    return page, since if start is None else max(start, since)


def _rows(ticks: Ticks, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Ticks:
    return Ticks(**{name: getattr(ticks, name)[rows] for name in Ticks.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class LegsPage:
    """Both legs of a page and the bars before it that its rows need; `first` is the page's first open time."""

    legs: AlignedLegs
    first: int
    rows: int
    need: int  # bars in `legs` where nothing lacks before the page
    next_start: int | None


def pair_rows_a_page(key: PairKey) -> int:
    """Return how many rows of a pair are computed at once."""
    row_s = (pair_seconds(key.method, window=key.window, rows=1001) - pair_seconds(
        key.method, window=key.window, rows=1
    )) / 1000  # fmt: skip
    return max(MIN_PAIR_ROWS, min(BARS_A_PAGE, int(PAGE_S / row_s)))


def legs_page(y: Series, x: Series, key: PairKey, *, start: int | None, end: int | None) -> LegsPage | None:
    """Return the next page of a pair's closed bars with start ≤ open time < end (ns), None where there is none."""
    width = y.interval.ns
    if end is not None:
        end -= end % width  # the bar that it cuts has not closed by then
    first = _both_from((y, x), start=start, end=end)
    if first is None:
        return None
    upto = first + pair_rows_a_page(key) * width
    if end is not None:
        upto = min(upto, end)
    following = _both_from((y, x), start=upto, end=end)
    lead = rows_needed(key, rows=0) * width
    bars_y, bars_x = y.between(first - lead, upto), x.between(first - lead, upto)
    if following is None:  # as everywhere, a pair ends with the newest bar that is closed on both legs
        upto = min(upto, closed_until(bars_y, width), closed_until(bars_x, width))
    rows = max((upto - first) // width, 0)
    if not rows:
        return None
    legs = align_span(bars_y, bars_x, width=width, start=max(first - lead, 0), end=upto)
    return LegsPage(legs, first, rows, rows_needed(key, rows=rows), following)


def _both_from(legs: Iterable[Series], *, start: int | None, end: int | None) -> int | None:
    """Return the first open time from which on both legs have bars, None where one has none any more."""
    opens = [leg.first(limit=1, start=start, end=end).times for leg in legs]
    return max(int(times[0]) for times in opens) if all(len(times) for times in opens) else None


@dataclass(frozen=True, slots=True)
class PairRows:
    """Rolling values of bars that both legs have; `qualities` is the worse of the two legs'."""

    series: PairSeriesView
    qualities: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    have: int  # bars from which they were computed


def pair_rows(page: LegsPage, key: PairKey, *, interval: Interval) -> PairRows:
    """Return a page's rolling values, the same ones that an answer about any of its bars has."""
    inputs = past_inputs(key, page.legs, interval=interval, rows=page.rows, need=page.need)
    whole = series_view(inputs.legs, analyse(inputs).analysis, rows=page.rows)
    at = np.searchsorted(inputs.legs.times, whole.times)
    qualities = inputs.legs.qualities[at]
    kept = (whole.times >= page.first) & (qualities != 0)  # 0: one leg has no such bar
    columns = {name: getattr(whole, name)[kept] for name in PairSeriesView.__dataclass_fields__}
    return PairRows(PairSeriesView(**columns), qualities[kept], len(page.legs))

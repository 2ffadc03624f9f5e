"""The engine's answers, read off a running market."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

import numpy as np

from quant.domain import Bars, BoolArray, IntArray
from quant.engine.latency import median_ms
from quant.engine.merging import merged_bars, merged_ticks
from quant.engine.protocol import (
    AnalyticsView,
    BarsView,
    ConnectionView,
    JournalView,
    SecondsView,
    SourceState,
    StatsView,
    StatusView,
    SymbolStatsView,
    SymbolStatusView,
    TicksView,
)
from quant.engine.running import RunningMarket
from quant.engine.symbol_state import symbol_state
from quant.engine.topics import SecondsKind
from quant.feed.exchange import Channel
from quant.market.ledger import HoleState
from quant.market.seconds import SecondSeries
from quant.market.state import Ticks


def status_view(running: RunningMarket, *, source: str, analytics: AnalyticsView) -> StatusView:
    """Return how the stream stands."""
    connections = tuple(
        ConnectionView(
            info.id,
            info.state,
            info.since,
            info.streams,
            info.messages,
            info.reconnects,
            info.retry_at,
            info.last_error,
        )
        for info in running.market.connections()
    )
    state, reason = _source_state(running, connections)
    known = sorted(running.wanted.union(running.state.symbols))
    return StatusView(
        market=running.state.market,
        as_of=running.as_of,
        seq=0,
        running=bool(running.wanted) and not running.finished,
        source=source,
        source_state=state,
        reason=reason,
        finished=running.finished,
        speed=running.market.speed,
        connections=connections,
        symbols=tuple(symbol_view(running, symbol) for symbol in known),
        journal=running.persistence.view() if running.persistence is not None else JournalView(),
        analytics=analytics,
    )


def _source_state(
    running: RunningMarket, connections: Iterable[ConnectionView]
) -> tuple[SourceState, str | None]:
    """Return the source's state: unreachable, too, when every connection with streams fails."""
    busy = [connection for connection in connections if connection.streams]
    failing = [each.last_error for each in busy if each.state != "open" and each.last_error]
    if running.source_state == "ready" and busy and len(failing) == len(busy):
        return "unreachable", f"{failing[0]}; trying again"
    return running.source_state, running.reason


def symbol_view(running: RunningMarket, symbol: str) -> SymbolStatusView:
    """Return where one symbol stands."""
    state, reason = symbol_state(running, symbol)
    counters = running.state.counters(symbol)
    return SymbolStatusView(
        symbol=symbol,
        state=state,
        reason=reason,
        last_id=counters.last_id,
        last_time=counters.last_ts,
        last_price=counters.last_price,
        ticks=counters.accepted,
        rate=round(running.state.rate(symbol, now=running.now()), 3),
        latency_ms=median_ms(running, symbol),
        gaps_open=counters.holes[HoleState.OPEN] + len(running.lost(symbol).ranges),
        gaps_filled=counters.holes[HoleState.FILLED],
        gaps_confirmed=counters.holes[HoleState.CONFIRMED],
        duplicates=counters.duplicates,
        out_of_order=counters.out_of_order,
        quarantined=running.market.quarantined(symbol),
    )


def bars_view(
    running: RunningMarket,
    symbol: str,
    interval: str,
    *,
    limit: int,
    start: int | None = None,
    end: int | None = None,
    seq: int = 0,
    stored: Bars | None = None,
) -> BarsView:
    """Return bars, those in memory and `stored` ones beside them, and where the page before them ends."""
    bars = running.state.bars(symbol, interval, limit=limit + 1, start=start, end=end)
    bars = merged_bars(bars, stored)
    more = len(bars) > limit
    page = _rows(bars, slice(-limit, None)) if more else bars
    next_end = int(page.times[0]) if more and len(page) else None
    return BarsView(running.state.market, running.as_of, seq, symbol, interval, page, next_end)


def event_bars_view(
    running: RunningMarket,
    symbol: str,
    interval: str,
    bars: Bars,
    *,
    limit: int,
    start: int | None = None,
    end: int | None = None,
    seq: int = 0,
) -> BarsView:
    """Return bars of trades or volume by id and where the page before them ends.

    Pages are cut as those of trades are, for the same reason: several bars may begin at one instant.
    """
    kept = np.ones(len(bars), np.bool_)
    if start is not None:
        kept &= bars.times >= start
    if end is not None:
        kept &= bars.times < end
    at = np.flatnonzero(kept)
    at = at[np.argsort(bars.times[at], kind="stable")]
    first = _page_start(bars.times[at], limit)
    next_end = int(bars.times[at[first]]) if first else None
    page = _rows(bars, np.sort(at[first:]))
    return BarsView(running.state.market, running.as_of, seq, symbol, interval, page, next_end)


def changed_event_bars(old: BarsView, new: BarsView) -> BarsView | None:
    """Return `new` with only the bars that a holder of `old` lacks; None across markets, or where bars are gone."""
    since = new.bars.first_ids[:1]
    gone = ~np.isin(old.bars.first_ids, new.bars.first_ids) & (old.bars.first_ids >= since.sum())
    if old.market != new.market or not len(since) or gone.any():
        return None
    at = np.searchsorted(old.bars.first_ids, new.bars.first_ids)
    same = at < len(old.bars)
    same[same] = old.bars.first_ids[at[same]] == new.bars.first_ids[same]
    for name in Bars.__dataclass_fields__:
        same[same] = getattr(old.bars, name)[at[same]] == getattr(new.bars, name)[same]
    return replace(new, bars=_rows(new.bars, ~same))


def _rows(bars: Bars, rows: slice | BoolArray | IntArray) -> Bars:
    return Bars(*(getattr(bars, name)[rows] for name in Bars.__dataclass_fields__))


def changed_bars(old: BarsView, new: BarsView) -> BarsView | None:
    """Return `new` with only the bars that a holder of `old` lacks; None across markets."""
    if old.market != new.market:
        return None
    at = np.searchsorted(old.bars.times, new.bars.times)
    inside = at < len(old.bars)
    same = np.zeros(len(at), np.bool_)
    same[inside] = old.bars.times[at[inside]] == new.bars.times[inside]
    for name in ("closes", "volumes", "trades", "qualities", "revisions", "closed"):
        was, now = getattr(old.bars, name), getattr(new.bars, name)
        equal = (was[at[same]] == now[same]) | ((was[at[same]] != was[at[same]]) & (now[same] != now[same]))
        same[np.flatnonzero(same)[~equal]] = False
    return BarsView(
        new.market, new.as_of, new.seq, new.symbol, new.interval, _rows(new.bars, ~same), new.next_end
    )


def ticks_view(
    running: RunningMarket,
    symbol: str,
    *,
    limit: int,
    start: int | None = None,
    end: int | None = None,
    seq: int = 0,
    stored: Ticks | None = None,
) -> TicksView:
    """Return trades by id, those in memory and `stored` ones, oldest first, and where the page before them ends.

    Trades of one instant are never torn apart, since the end of a page is a time: a page may be shorter than
    `limit`, and longer only where more than `limit` trades share an instant.
    """
    ticks = merged_ticks(running.state.ticks(symbol), stored)
    kept = np.ones(len(ticks), np.bool_)
    if start is not None:
        kept &= ticks.ts_event >= start
    if end is not None:
        kept &= ticks.ts_event < end
    at = np.flatnonzero(kept)
    at = at[np.argsort(ticks.ts_event[at], kind="stable")]  # the event time may step back while ids rise
    first = _page_start(ticks.ts_event[at], limit)
    page = at[first:][np.argsort(ticks.ids[at[first:]], kind="stable")]
    next_end = int(ticks.ts_event[at[first]]) if first else None
    return _ticks_view(running, symbol, ticks, page, seq=seq, next_end=next_end)


def _page_start(times: IntArray, limit: int) -> int:
    """Return where the newest `limit` of sorted times begin, moved so that equal times stay together."""
    first = max(len(times) - limit, 0)
    if first and times[first - 1] == times[first]:
        later = int(np.searchsorted(times, times[first], side="right"))
        first = later if later < len(times) else int(np.searchsorted(times, times[first], side="left"))
    return first


def _ticks_view(
    running: RunningMarket,
    symbol: str,
    ticks: Ticks,
    rows: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    *,
    seq: int,
    next_end: int | None,
) -> TicksView:
    return TicksView(
        running.state.market,
        running.as_of,
        seq,
        symbol,
        ticks.ids[rows],
        ticks.ts_event[rows],
        ticks.prices[rows],
        ticks.sizes[rows],
        ticks.sells[rows],
        next_end,
    )


def newer_ticks(old: TicksView, new: TicksView) -> TicksView | None:
    """Return `new` with only the trades that a holder of `old` lacks; None across markets."""
    if old.market != new.market:
        return None
    fresh = ~np.isin(new.ids, old.ids)
    return TicksView(
        new.market,
        new.as_of,
        new.seq,
        new.symbol,
        new.ids[fresh],
        new.times[fresh],
        new.prices[fresh],
        new.sizes[fresh],
        new.sells[fresh],
        new.next_end,
    )


def seconds_view(
    running: RunningMarket,
    kind: SecondsKind,
    symbol: str,
    *,
    limit: int,
    start: int | None = None,
    end: int | None = None,
    seq: int = 0,
) -> SecondsView:
    """Return the last quote or mark price of each second, and the latest of all."""
    series = seconds_of(running, kind)
    times, values = series.read(symbol, limit=limit, start=start, end=end)
    newest, row = series.read(symbol, limit=1)
    latest = (int(newest[0]), tuple(row[0].tolist())) if len(newest) else None
    why = stale_reason(running, kind, symbol)
    return SecondsView(running.state.market, running.as_of, seq, kind, symbol, times, values, latest, why)


def stale_reason(running: RunningMarket, kind: SecondsKind, symbol: str) -> str:
    """Return why the newest quote or mark price may be out of date, empty while they come as usual.

    A reason stays the same for as long as it holds: each change of it is news.
    """
    if running.finished:
        return "the recording has ended"
    if symbol not in running.wanted:
        return "not streaming"
    channel: Channel = "quotes" if kind == "quote" else "trades"
    return running.market.view_silence(symbol, channel) or ""


def seconds_of(running: RunningMarket, kind: SecondsKind) -> SecondSeries:
    """Return the series that a topic's kind names."""
    match kind:
        case "quote":
            return running.state.quotes
        case "funding":
            return running.state.marks
        case _:
            assert_never(kind)


def changed_seconds(old: SecondsView, new: SecondsView) -> SecondsView | None:
    """Return `new` with only the seconds that a holder of `old` lacks; None across markets."""
    if old.market != new.market:
        return None
    at = np.searchsorted(old.times, new.times)
    same = at < len(old.times)
    same[same] = old.times[at[same]] == new.times[same]
    same[same] = np.all(old.values[at[same]] == new.values[same], axis=1)
    return replace(new, times=new.times[~same], values=new.values[~same])


def stats_view(running: RunningMarket) -> StatsView:
    """Return what is held in memory, by symbol."""
    items = []
    for symbol in sorted(running.state.symbols):
        first_time, last_time = running.state.tick_extent(symbol) or (None, None)
        items.append(
            SymbolStatsView(
                symbol=symbol,
                ticks=running.state.tick_count(symbol),
                capacity=running.state.tick_capacity,
                bytes=running.state.memory_bytes(symbol),
                rate=round(running.state.rate(symbol, now=running.now()), 3),
                first_time=first_time,
                last_time=last_time,
                bars={
                    interval.name: running.state.bar_count(symbol, interval.name)
                    for interval in running.state.intervals
                },
            )
        )
    return StatsView(running.state.market, running.as_of, tuple(items))

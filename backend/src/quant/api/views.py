"""The engine's views as wire models: nanoseconds become milliseconds here, NaN becomes null when written."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from quant.api import schemas as wire
from quant.clock import NS_PER_MS
from quant.domain import EVENT_LETTERS, FloatArray, Quality
from quant.engine import protocol as engine

QUALITY_NAMES = {quality.value: quality.label for quality in Quality}
LINE = ("alpha", "alpha_se", "beta", "beta_se", "beta_low", "beta_high")
RULE = ("regression", "autolag", "max_lag", "series_in_test")
LEGS = 2
DESCRIPTIVE = "this p is descriptive: the verdict is the formation test's"
PRICE_DIGITS = 12  # what float64 holds of a price sum without its rounding noise

# The engine's words are the wire's words (a test holds the two vocabularies together), but their types are
# separate so that the API does not import the statistics: hence `Any` where a word passes through.
Word = Any
Role = Literal["descriptive", "formation"]


def ms(ns: int | None) -> int | None:
    """Return nanoseconds as milliseconds."""
    return None if ns is None else ns // NS_PER_MS


def _ms(ns: int) -> int:
    return ns // NS_PER_MS


def number(value: float) -> float | None:
    """Return a finite number, None for NaN and infinity."""
    return value if math.isfinite(value) else None


def _count(value: int) -> int | None:
    """Return a count that a test found, None where it found none."""
    return value if value >= 0 else None


def column(values: FloatArray) -> list[float | None]:
    """Return numbers as a list, None for NaN and infinity."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def stream_status(view: engine.StatusView) -> wire.StreamStatus:
    return wire.StreamStatus(
        market=view.market,
        as_of=ms(view.as_of),
        seq=view.seq,
        running=view.running,
        source=view.source,
        source_state=view.source_state,
        reason=view.reason,
        finished=view.finished,
        speed=view.speed,
        connections=[_connection(each) for each in view.connections],
        symbols=[_symbol_status(each) for each in view.symbols],
        journal=journal_status(view.journal),
        analytics=wire.AnalyticsStatus(
            pairs=view.analytics.pairs,
            stale=view.analytics.stale,
            refreshed=view.analytics.refreshed,
            shed=view.analytics.shed,
        ),
    )


def journal_status(view: engine.JournalView) -> wire.Journal:
    return wire.Journal(
        state=view.state,
        reason=view.reason,
        lag_ms=None if view.state == "off" else view.lag_ms,
        pending_rows=view.pending_rows,
        committed_rows=view.committed_rows,
        dropped_rows=view.dropped_rows,
    )


def _connection(view: engine.ConnectionView) -> wire.Connection:
    return wire.Connection(
        id=view.id,
        state=view.state,
        since=_ms(view.since),
        streams=view.streams,
        messages=view.messages,
        reconnects=view.reconnects,
        retry_at=ms(view.retry_at),
        last_error=view.last_error,
    )


def _symbol_status(view: engine.SymbolStatusView) -> wire.SymbolStatus:
    return wire.SymbolStatus(
        symbol=view.symbol,
        state=view.state,
        reason=view.reason,
        last_id=view.last_id,
        last_time=ms(view.last_time),
        last_price=view.last_price,
        ticks=view.ticks,
        rate=view.rate,
        latency_ms=view.latency_ms,
        gaps=wire.Gaps(open=view.gaps_open, filled=view.gaps_filled, confirmed=view.gaps_confirmed),
        duplicates=view.duplicates,
        out_of_order=view.out_of_order,
        quarantined=view.quarantined,
    )


def symbol_list(view: engine.SymbolsView) -> wire.SymbolList:
    items = [
        wire.SymbolOut(
            symbol=spec.symbol,
            base=spec.base,
            quote=spec.quote,
            status=spec.status,
            tick_size=spec.tick_size,
            step_size=spec.step_size,
            streaming=spec.symbol in view.streaming,
        )
        for spec in view.items
    ]
    return wire.SymbolList(market=view.market, as_of=ms(view.as_of), items=items, next=None)


def bar_list(view: engine.BarsView) -> wire.BarList:
    bars = view.bars
    columns = zip(
        (bars.times // NS_PER_MS).tolist(),
        *(column(prices) for prices in (bars.opens, bars.highs, bars.lows, bars.closes)),
        bars.volumes.tolist(),
        bars.quote_volumes.tolist(),
        bars.trades.tolist(),
        bars.closed.tolist(),
        bars.qualities.tolist(),
        bars.revisions.tolist(),
        strict=True,
    )
    items = [_bar(*row) for row in columns]
    if view.interval[:1] in EVENT_LETTERS:
        ids = zip(bars.first_ids.tolist(), bars.last_ids.tolist(), strict=True)
        items = [
            wire.EventBar(**bar.model_dump(), first_id=first, last_id=last)
            for bar, (first, last) in zip(items, ids, strict=True)
        ]
    return wire.BarList(
        market=view.market,
        as_of=ms(view.as_of),
        seq=view.seq,
        symbol=view.symbol,
        interval=view.interval,
        items=items,
        next=cursor(view.next_end),
    )


def _bar(
    time: int,
    opened: float | None,
    high: float | None,
    low: float | None,
    close: float | None,
    volume: float,
    quote_volume: float,
    trades: int,
    closed: bool,  # noqa: FBT001  one column of a row
    quality: int,
    revision: int,
) -> wire.Bar:
    vwap = vwap_of(volume, quote_volume)
    name: Word = QUALITY_NAMES[quality]
    return wire.Bar(
        time=time,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        quote_volume=quote_volume,
        trades=trades,
        vwap=vwap,
        closed=closed,
        quality=name,
        revision=revision,
    )


def vwap_of(volume: float, quote_volume: float) -> float | None:
    """Return a bar's mean price by volume, None where nothing traded."""
    return float(f"{quote_volume / volume:.{PRICE_DIGITS}g}") if volume > 0 else None


def tick_list(view: engine.TicksView) -> wire.TickList:
    rows = zip(
        view.ids.tolist(),
        (view.times // NS_PER_MS).tolist(),
        view.prices.tolist(),
        view.sizes.tolist(),
        view.sells.tolist(),
        strict=True,
    )
    items = [
        wire.Tick(id=trade_id, time=time, price=price, size=size, side="sell" if sold else "buy")
        for trade_id, time, price, size, sold in rows
    ]
    return wire.TickList(
        market=view.market,
        as_of=ms(view.as_of),
        seq=view.seq,
        symbol=view.symbol,
        items=items,
        next=cursor(view.next_end),
    )


def cursor(next_end: int | None) -> str | None:
    """Return what to give as `end` for the page before; None where there is none."""
    return None if next_end is None else str(_ms(next_end))


def gap_list(view: engine.GapsView) -> wire.GapList:
    items = [
        wire.Gap(first_id=gap.first_id, last_id=gap.last_id, state=gap.state, found_at=_ms(gap.found_at))
        for gap in view.items
    ]
    return wire.GapList(market=view.market, as_of=ms(view.as_of), symbol=view.symbol, items=items, next=None)


def stored_spans(view: engine.StoredView) -> wire.StoredSpanList:
    items = [
        wire.StoredSpan(
            interval=span.interval, first_time=_ms(span.first_time), last_time=_ms(span.last_time)
        )
        for span in view.items
    ]
    return wire.StoredSpanList(
        market=view.market, as_of=ms(view.as_of), symbol=view.symbol, items=items, next=None
    )


def quote_list(view: engine.SecondsView) -> wire.QuoteList:
    items = [_quote(*row) for row in zip(view.times.tolist(), view.values.tolist(), strict=True)]
    return wire.QuoteList(
        market=view.market,
        as_of=ms(view.as_of),
        seq=view.seq,
        symbol=view.symbol,
        latest=_quote(*view.latest) if view.latest else None,
        stale=bool(view.stale_reason),
        stale_reason=view.stale_reason or None,
        items=items,
        next=None,
    )


def _quote(time: int, values: Sequence[float]) -> wire.Quote:
    bid, bid_size, ask, ask_size = values
    return wire.Quote(time=_ms(time), bid=bid, bid_size=bid_size, ask=ask, ask_size=ask_size)


def funding_list(view: engine.SecondsView) -> wire.FundingList:
    items = [_funding(*row) for row in zip(view.times.tolist(), view.values.tolist(), strict=True)]
    return wire.FundingList(
        market=view.market,
        as_of=ms(view.as_of),
        seq=view.seq,
        symbol=view.symbol,
        latest=_funding(*view.latest) if view.latest else None,
        stale=bool(view.stale_reason),
        stale_reason=view.stale_reason or None,
        items=items,
        next=None,
    )


def _funding(time: int, values: Sequence[float]) -> wire.Funding:
    mark, index, rate, due = values
    return wire.Funding(
        time=_ms(time), mark=mark, index=index, funding_rate=rate, next_funding_time=_ms(round(due))
    )


def data_stats(view: engine.StatsView) -> wire.DataStats:
    symbols = [
        wire.SymbolStats(
            symbol=each.symbol,
            ticks=each.ticks,
            capacity=each.capacity,
            bytes=each.bytes,
            rate=each.rate,
            first_time=ms(each.first_time),
            last_time=ms(each.last_time),
            bars=dict(each.bars),
        )
        for each in view.symbols
    ]
    total = wire.TotalStats(
        symbols=len(symbols),
        ticks=sum(each.ticks for each in symbols),
        bytes=sum(each.bytes for each in symbols),
        rate=round(sum(each.rate for each in symbols), 3),
    )
    return wire.DataStats(market=view.market, as_of=ms(view.as_of), symbols=symbols, total=total)


def pair_header(view: engine.PairView) -> dict[str, Any]:
    """Return the fields that head every answer about a pair."""
    key, analysis = view.key, view.analysis
    return {
        "market": view.market,
        "as_of": ms(view.as_of),
        "symbol_a": key.pair.a,
        "symbol_b": key.pair.b,
        "interval": key.interval,
        "window": key.window,
        "method": key.method.value,
        "scale": key.scale.value,
        "seq": view.seq,
        "status": analysis.status.value,
        "reason": analysis.reason or None,
        "have": analysis.have,
        "need": analysis.need,
        "first_time": ms(view.first_time),
        "last_time": ms(view.last_time),
        "quality": wire.WindowQuality(**view.qualities),
        "stale_reason": view.stale_reason or None,
    }


def role_of(end: int | None, as_of: int | None) -> Role:
    """Return what the tests of a question are: of a window that was fixed, or of one that moves with the bars.

    A window whose end lies ahead of the market moves until it is there.
    """
    return "descriptive" if end is None or (as_of is not None and end > as_of) else "formation"


def pair_analytics(view: engine.PairView, *, role: Role = "descriptive") -> wire.PairAnalytics:
    analysis = view.analysis
    signal: Word = view.signal.value
    return wire.PairAnalytics(
        **pair_header(view),
        **line(analysis.fit),
        spread=number(analysis.spread),
        mean=number(analysis.mean),
        sd=number(analysis.sd),
        zscore=number(analysis.zscore),
        zscore_reason=view.zscore_reason or None,
        signal=signal,
        signal_reason=_signal_reason(view, role),
        correlation=number(analysis.correlation),
        correlation_reason=view.correlation_reason or None,
        adf=wire.TestResult(**test_fields(analysis.adf, role)),
        cointegration=cointegration(analysis.cointegration, role, note=analysis.test_note),
        half_life=half_life(analysis.half_life, view.interval_s),
        live=_live(view),
        series=pair_series(view.series),
    )


def line(fit: Any) -> dict[str, Any]:  # an analytics HedgeFit
    """Return the hedge ratio with its errors, and what its method chose."""
    return {
        **{name: number(getattr(fit, name)) for name in LINE},
        "parameters": {name: number(value) for name, value in fit.parameters.items()},
    }


def _live(view: engine.PairView) -> wire.LivePair:
    live = view.live
    return wire.LivePair(spread=number(live.spread), zscore=number(live.zscore), time=ms(live.time))


def hedge_ratio(view: engine.PairView) -> wire.HedgeRatio:
    fit = view.analysis.fit
    return wire.HedgeRatio(
        **pair_header(view),
        **line(fit),
        sd=number(fit.sd),
        r_squared=number(fit.r_squared),
        series=wire.HedgeRatioSeries(**_columns(view.series, "alpha", "beta", "sd")),
    )


def spread(view: engine.PairView) -> wire.Spread:
    analysis = view.analysis
    return wire.Spread(
        **pair_header(view),
        spread=number(analysis.spread),
        mean=number(analysis.mean),
        sd=number(analysis.sd),
        half_life=half_life(analysis.half_life, view.interval_s),
        live=_live(view),
        series=wire.SpreadSeries(**_columns(view.series, "spread")),
    )


def zscore(view: engine.PairView, *, role: Role = "descriptive") -> wire.Zscore:
    signal: Word = view.signal.value
    return wire.Zscore(
        **pair_header(view),
        zscore=number(view.analysis.zscore),
        zscore_reason=view.zscore_reason or None,
        signal=signal,
        signal_reason=_signal_reason(view, role),
        live=_live(view),
        series=wire.ZscoreSeries(**_columns(view.series, "zscore")),
    )


def _signal_reason(view: engine.PairView, role: Role) -> str | None:
    """Return the reason; where a p decided it, with what that p is."""
    rests_on_p = (
        view.signal_reason == view.analysis.signal_reason and view.analysis.cointegration.status.usable
    )
    if rests_on_p and role == "descriptive" and math.isfinite(view.analysis.zscore):
        return f"{view.signal_reason}; {DESCRIPTIVE}"
    return view.signal_reason or None


def correlation(view: engine.PairView) -> wire.Correlation:
    return wire.Correlation(
        **pair_header(view),
        correlation=number(view.analysis.correlation),
        correlation_reason=view.correlation_reason or None,
        series=wire.CorrelationSeries(**_columns(view.series, "correlation")),
    )


def pair_unit_root(view: engine.PairView, *, role: Role = "descriptive") -> wire.PairUnitRoot:
    return wire.PairUnitRoot(
        **pair_header(view),
        adf=wire.TestResult(**test_fields(view.analysis.adf, role)),
        note=view.analysis.test_note or None,
    )


def symbol_unit_root(view: engine.UnitRootView, *, role: Role = "descriptive") -> wire.SymbolUnitRoot:
    return wire.SymbolUnitRoot(
        market=view.market,
        as_of=ms(view.as_of),
        symbol=view.key.symbol,
        interval=view.key.interval,
        window=view.key.window,
        scale=view.key.scale.value,
        have=view.have,
        need=view.need,
        first_time=ms(view.first_time),
        last_time=ms(view.last_time),
        quality=wire.WindowQuality(**view.qualities),
        adf=wire.TestResult(**test_fields(view.adf, role)),
        kpss=kpss(view.kpss, role),
    )


def kpss(test: Any, role: Role) -> wire.KpssResult:  # a KpssTest
    return wire.KpssResult(**test_fields(test, role), p_bound=test.p_bound.value)


def _columns(series: engine.PairSeriesView, *names: str) -> dict[str, Any]:
    columns = {name: column(getattr(series, name)) for name in names}
    return {"time": (series.times // NS_PER_MS).tolist(), **columns}


def test_fields(test: Any, role: Role) -> dict[str, Any]:  # one of the tests of quant.analytics.results
    """Return the fields that all tests have in common."""
    return {
        "role": role,
        **{name: getattr(test, name, None) for name in RULE},  # KPSS chooses no lags
        "statistic": number(test.statistic),
        "p_value": number(test.p_value),
        "lags": _count(test.lags),
        "n": test.n,
        "critical_values": critical_values(test.critical_values) if test.status.usable else None,
        "null": test.null,
        "status": test.status.value,
        "reason": test.reason or None,
    }


def critical_values(values: Mapping[str, float]) -> dict[str, float] | None:
    """Return those that the test's table has, None where it has none."""
    finite = {level: value for level, value in values.items() if math.isfinite(value)}
    return finite or None


def cointegration(test: Any, role: Role, *, note: str) -> wire.CointegrationResult:  # a PairCointegration
    """Return both directions of a pair's test; `note` says whose residuals were tested."""
    known = test.status.usable
    direction: Word = test.direction.value if known else None
    return wire.CointegrationResult(
        **test_fields(test, role)
        | {
            "regression": test.y_on_x.trend,
            "autolag": test.y_on_x.autolag,
            "max_lag": test.y_on_x.max_lag,
            "series_in_test": LEGS,
        },
        direction=direction,
        p_yx=number(test.y_on_x.p_value),
        p_xy=number(test.x_on_y.p_value),
        statistic_yx=number(test.y_on_x.statistic),
        statistic_xy=number(test.x_on_y.statistic),
        lags_yx=test.y_on_x.lags if known else None,
        lags_xy=test.x_on_y.lags if known else None,
        note=note or None,
    )


def half_life(found: Any, interval_s: int) -> wire.HalfLife:  # an analytics HalfLife
    """Return a half-life in bars and in seconds of bars that long."""
    status: Word = found.status.value
    return wire.HalfLife(
        bars=number(found.bars),
        seconds=number(found.bars * interval_s),
        low=number(found.low),
        high=number(found.high),
        low_seconds=number(found.low * interval_s),
        high_seconds=number(found.high * interval_s),
        status=status,
        reason=found.reason or None,
    )


def pair_series(series: engine.PairSeriesView) -> wire.PairSeries:
    return wire.PairSeries(
        time=(series.times // NS_PER_MS).tolist(),
        price_a=column(series.prices_a),
        price_b=column(series.prices_b),
        alpha=column(series.alpha),
        beta=column(series.beta),
        sd=column(series.sd),
        spread=column(series.spread),
        zscore=column(series.zscore),
        correlation=column(series.correlation),
    )


def simulation_truth(view: engine.TruthView) -> wire.SimulationTruth:
    pairs = [
        wire.TruePair(
            symbol_a=pair.symbol_a,
            symbol_b=pair.symbol_b,
            kind=pair.kind,
            scale=pair.scale,
            alpha=pair.alpha,
            beta=pair.beta,
            noise_sd=pair.noise_sd,
            half_life_s=pair.half_life_s,
            correlation=pair.correlation,
        )
        for pair in view.pairs
    ]
    return wire.SimulationTruth(market=view.market, seed=view.seed, pairs=pairs)


def replay(view: engine.ReplayView) -> wire.Replay:
    return wire.Replay(
        market=view.market,
        as_of=ms(view.as_of),
        begin=_ms(view.begin),
        end=_ms(view.end),
        position=_ms(view.position),
        seeking_to=ms(view.seeking_to),
        speed=view.speed,
        paused=view.paused,
        finished=view.finished,
    )


def message(frame: engine.Frame) -> wire.Message:
    """Return a frame as the message its listeners get."""
    head: dict[str, Any] = {
        "type": frame.kind,
        "topic": frame.topic,
        "seq": frame.view.seq,
        "time": _ms(frame.time),
    }
    match frame.view:
        case engine.StatusView():
            return wire.StatusMessage(**head, data=stream_status(frame.view))
        case engine.BarsView():
            return wire.BarsMessage(**head, data=bar_list(frame.view))
        case engine.TicksView():
            return wire.TicksMessage(**head, data=tick_list(frame.view))
        case engine.SecondsView(kind="quote"):
            return wire.QuoteMessage(**head, data=quote_list(frame.view))
        case engine.SecondsView():
            return wire.FundingMessage(**head, data=funding_list(frame.view))
        case engine.PairView():
            return wire.PairMessage(**head, data=pair_analytics(frame.view))
        case engine.ScanView():
            raise TypeError("a scan is written in parts, by api.scans")
        case engine.AlertsView():
            raise TypeError("alerts have messages of their own, by api.alerts")


def job_list(jobs: tuple[engine.JobView, ...]) -> wire.JobList:
    return wire.JobList(items=[job_status(job) for job in jobs], next=None)


def job_status(view: engine.JobView) -> wire.JobStatus:
    return wire.JobStatus(
        id=view.id,
        kind=view.kind,
        title=view.title,
        state=view.state,
        phase=view.phase,
        rows=view.rows,
        bytes_done=view.bytes_done,
        bytes_total=view.bytes_total,
        days_done=view.days_done,
        days_total=view.days_total,
        created_at=_ms(view.created_at),
        finished_at=ms(view.finished_at),
        files=[_imported_file(each) for each in view.files],
        fills=[_filled_symbol(each) for each in view.fills],
        errors=list(view.errors),
    )


def _imported_file(view: engine.FileReport) -> wire.ImportedFile:
    unit = 1 if view.interval is None else NS_PER_MS  # ids, or times
    return wire.ImportedFile(
        name=view.name,
        market=view.market,
        symbol=view.symbol,
        interval=view.interval,
        checked=view.checked,
        rows=view.rows,
        resumed_from=view.resumed_from,
        first=None if view.first is None else view.first // unit,
        last=None if view.last is None else view.last // unit,
        duplicates=view.duplicates,
        out_of_order=view.out_of_order,
        holes=[(first // unit, last // unit) for first, last in view.holes],
        hole_count=view.hole_count,
        missing=view.missing,
    )


def imported_spans(spans: Sequence[engine.ImportedSpanView]) -> wire.ImportedSpanList:
    return wire.ImportedSpanList(items=[_imported_span(each) for each in spans], next=None)


def _imported_span(view: engine.ImportedSpanView) -> wire.ImportedSpan:
    unit = 1 if view.interval is None else NS_PER_MS  # ids, or times
    return wire.ImportedSpan(
        name=view.name,
        market=view.market,
        symbol=view.symbol,
        interval=view.interval,
        rows=view.rows,
        whole=view.is_whole,
        first=None if view.first is None else view.first // unit,
        last=None if view.last is None else view.last // unit,
        holes=[(first // unit, last // unit) for first, last in view.holes],
        hole_count=view.hole_count,
        missing=view.missing,
    )


def _filled_symbol(view: engine.FillReport) -> wire.FilledSymbol:
    return wire.FilledSymbol(
        symbol=view.symbol,
        missing=view.missing,
        received=view.received,
        confirmed=view.confirmed,
        left=list(view.left),
        left_count=view.left_count,
    )

"""One pair's numbers from copies of its bars, and what of them has to be computed anew when bars are added."""

import math
from dataclasses import dataclass, replace

import numpy as np

from quant.analytics import analyse_pair
from quant.analytics.results import HedgeFit, PairAnalysis, PairSeries, Signal
from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import BoolArray, FloatArray, HedgeMethod, IntArray, Interval, Quality, Scale
from quant.engine.cost import pair_seconds
from quant.engine.formation import block_bars, blocks, reaches_back
from quant.engine.protocol import LiveValues, PairKey, PairSeriesView, PairView
from quant.engine.running import RunningMarket
from quant.engine.symbol_state import symbol_state
from quant.market.align import AlignedLegs, align

SERIES_ROWS = 1500
"""How many bars of rolling values a pair carries: as many as a bars topic, so that charts line up."""

LIVE_STATES = ("live", "quiet")

KEEPS_ROWS = (HedgeMethod.HUBER, HedgeMethod.THEIL_SEN, HedgeMethod.TLS)
"""Methods whose rolling rows are dear, and hang on nothing but the window before them: known rows are kept.

The others are computed from the first row on each time: sums that begin where they always do round as they always do,
and Kalman's state has come all the way from its formation.
"""


@dataclass(frozen=True, slots=True)
class PairInputs:
    """Copies of all that one analysis needs, taken between two awaits."""

    key: PairKey
    market: str
    as_of: int | None
    interval_s: int
    legs: AlignedLegs
    rows: int
    last_a: float
    last_b: float
    not_live: str  # why a leg gives no signal, empty when both are live


def rows_needed(key: PairKey, *, rows: int) -> int:
    """Return how many bars of both legs make `rows` rows of the pair's rolling values."""
    if key.method is HedgeMethod.KALMAN:
        return rows + key.window + block_bars(key.window)
    return rows + 2 * key.window


def pair_inputs(
    running: RunningMarket,
    key: PairKey,
    *,
    rows: int = SERIES_ROWS,
    end: int | None = None,
    legs: AlignedLegs | None = None,
) -> PairInputs:
    """Return the inputs of `key` as the market stands now, or as its closed bars stood before `end`.

    `legs` stand in for those in memory, where these do not reach back far enough.
    """
    state = running.state
    interval = next(each for each in state.intervals if each.name == key.interval)
    need = rows_needed(key, rows=rows)
    if legs is None:
        legs = align(state, key.pair, key.interval, rows=need, end=end)
        need = min(need, state.bar_depth)
    legs = _needed(legs, key, width=interval.ns, rows=rows, need=need)
    prices = [state.counters(symbol).last_price for symbol in (key.pair.a, key.pair.b)]
    last_a, last_b = (math.nan if price is None or end is not None else price for price in prices)
    not_live = ""
    for symbol in (key.pair.a, key.pair.b) if end is None else ():
        name, reason = symbol_state(running, symbol)
        if name not in LIVE_STATES and not not_live:
            not_live = f"{symbol} is {name}" + (f": {reason}" if reason else "")
    return PairInputs(
        key, state.market, running.as_of, interval.seconds, legs, rows, last_a, last_b, not_live
    )


def past_inputs(
    key: PairKey, legs: AlignedLegs, *, interval: Interval, rows: int, need: int, market: str = ""
) -> PairInputs:
    """Return the inputs of the newest `rows` rows of legs that have closed, of which `need` would leave nothing out."""
    legs = _needed(legs, key, width=interval.ns, rows=rows, need=need)
    return PairInputs(key, market, None, interval.seconds, legs, rows, math.nan, math.nan, "")


def _needed(legs: AlignedLegs, key: PairKey, *, width: int, rows: int, need: int) -> AlignedLegs:
    """Return `legs` from where on the newest `rows` rows have the same values whatever else is asked for."""
    if key.method is HedgeMethod.KALMAN:
        is_cut = len(legs) >= need
        return _from(legs, reaches_back(legs.times, window=key.window, width=width, rows=rows, is_cut=is_cut))
    return _from_whole_window(legs, depth=key.window + 1 + rows, span_ns=key.window * width)


def _from_whole_window(legs: AlignedLegs, *, depth: int, span_ns: int) -> AlignedLegs:
    """Return `legs` from the first multiple of a window on, where `depth` rows are left.

    Rolling values are rounded by where their blocks of one window begin. With beginnings that stay where they are,
    a new bar changes no row before it, not even in the last digit, and an update carries one row instead of all.
    """
    whole = np.flatnonzero(legs.times % span_ns == 0)
    return _from(legs, int(whole[0]) if whole.size and len(legs) - whole[0] >= depth else 0)


def _from(legs: AlignedLegs, first: int) -> AlignedLegs:
    return AlignedLegs(legs.times[first:], legs.y[first:], legs.x[first:], legs.qualities[first:])


@dataclass(frozen=True, slots=True)
class Computed:
    """An analysis and what it was made of."""

    inputs: PairInputs
    analysis: PairAnalysis


def seconds_for(inputs: PairInputs, held: Computed | None) -> float:
    """Return the expected seconds to analyse `inputs`, given what is known of the pair."""
    key, first = inputs.key, _first_row(inputs)
    rows = len(inputs.legs) - max(first, _rows_known(inputs, held))
    return 0.0 if rows <= 0 and held is not None else pair_seconds(key.method, window=key.window, rows=rows)


def analyse(inputs: PairInputs, held: Computed | None = None) -> Computed:
    """Return the pair's analysis; of rolling rows only those that `held` does not have."""
    key, legs = inputs.key, inputs.legs
    known = _rows_known(inputs, held)
    if held is not None and known == len(legs) == len(held.inputs.legs) and held.inputs.rows == inputs.rows:
        return Computed(inputs, held.analysis)
    if key.method is HedgeMethod.KALMAN and len(legs):
        return Computed(inputs, _by_blocks(inputs))
    first = _first_row(inputs)
    kept = held if held is not None and first < known < len(legs) else None
    analysis = analyse_pair(
        legs.y,
        legs.x,
        window=key.window,
        method=key.method,
        scale=key.scale,
        series_from=known if kept else first,
    )
    if kept:
        analysis = replace(analysis, series=_joined(kept, inputs, analysis.series, first=first, known=known))
    return Computed(inputs, analysis)


def _by_blocks(inputs: PairInputs) -> PairAnalysis:
    """Return Kalman's analysis: each block of rows with the noise of the window before it, the last with all else."""
    key, legs = inputs.key, inputs.legs
    width = inputs.interval_s * NS_PER_S
    parts = []
    for block in blocks(legs.times, window=key.window, width=width, rows=inputs.rows):
        bars = slice(block.begin, block.end)
        part = analyse_pair(
            legs.y[bars], legs.x[bars], window=key.window, method=key.method, scale=key.scale,
            series_from=block.first - block.begin,
        )  # fmt: skip
        parts.append((block, part))
    newest, analysis = parts[-1]
    series = _in_a_row([part.series for _, part in parts], first=parts[0][0].first)
    fit = with_formation_times(analysis.fit, legs.times[newest.begin :], window=key.window)
    return replace(analysis, series=series, fit=fit)


def with_formation_times(fit: HedgeFit, times: IntArray, *, window: int) -> HedgeFit:
    """Return Kalman's fit of bars that open at `times` (ns) with the first and last of its formation, in ms."""
    parameters = dict(fit.parameters)
    start = parameters.pop("formation_start", None)
    if start is not None:
        formation = times[int(start) :][:window] // NS_PER_MS
        parameters |= {"formation_first": float(formation[0]), "formation_last": float(formation[-1])}
    return replace(fit, parameters=parameters)


def _in_a_row(parts: list[PairSeries], *, first: int) -> PairSeries:
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in PairSeries.__dataclass_fields__
        if name != "first_row"
    }
    return PairSeries(first_row=first, **columns)


def _first_row(inputs: PairInputs) -> int:
    return min(inputs.key.window, max(0, len(inputs.legs) - inputs.rows))


def _rows_known(inputs: PairInputs, held: Computed | None) -> int:
    """Return how many leading rows of the legs have the rolling values that `held` has for them."""
    if held is None or held.inputs.market != inputs.market:
        return 0
    old, new = held.inputs.legs, inputs.legs
    same = _same_rows(old, new)
    if same == len(new) == len(old):
        return same
    if inputs.key.method not in KEEPS_ROWS:
        return 0
    moved = len(old) and len(new) and int(np.searchsorted(old.times, new.times[0]))
    reaches = held.analysis.series.first_row - moved <= _first_row(inputs)
    return same if reaches else 0


def _same_rows(old: AlignedLegs, new: AlignedLegs) -> int:
    """Return how many leading rows of `new` are rows of `old`, none where `new` begins before it."""
    if not len(new) or not len(old) or new.times[0] < old.times[0]:
        return 0
    at = int(np.searchsorted(old.times, new.times[0]))
    n = min(len(old) - at, len(new))
    same = old.times[at : at + n] == new.times[:n]
    for was, now in ((old.y, new.y), (old.x, new.x)):
        same &= _equal(was[at : at + n], now[:n])
    differing = np.flatnonzero(~same)
    return int(differing[0]) if differing.size else n


def _equal(was: FloatArray, now: FloatArray) -> BoolArray:
    equal: BoolArray = (was == now) | ((was != was) & (now != now))  # NaN equals NaN here
    return equal


def _joined(held: Computed, inputs: PairInputs, fresh: PairSeries, *, first: int, known: int) -> PairSeries:
    """Return rows `first` to `known` as they were, and the fresh ones after them."""
    old = held.analysis.series
    moved = int(np.searchsorted(held.inputs.legs.times, inputs.legs.times[0]))
    rows = slice(first + moved - old.first_row, known + moved - old.first_row)
    columns = {
        name: np.concatenate((getattr(old, name)[rows], getattr(fresh, name)))
        for name in PairSeries.__dataclass_fields__
        if name != "first_row"
    }
    return PairSeries(first_row=first, **columns)


def view_of(computed: Computed) -> PairView:
    """Return what the pair shows: the analysis of its closed bars, and the forming one valued with it."""
    inputs, analysis = computed.inputs, computed.analysis
    key, legs = inputs.key, inputs.legs
    signal, reason = analysis.signal, analysis.signal_reason
    if inputs.not_live:
        signal, reason = Signal.NONE, inputs.not_live
    fit = slice(max(0, len(legs) - 1 - key.window), max(0, len(legs) - 1))
    fitted = legs.times[fit]
    return PairView(
        market=inputs.market,
        as_of=inputs.as_of,
        seq=0,
        key=key,
        interval_s=inputs.interval_s,
        analysis=analysis,
        signal=signal,
        signal_reason=reason,
        first_time=int(fitted[0]) if len(fitted) else None,
        last_time=int(legs.times[-1]) if len(legs) else None,
        qualities=count_qualities(legs.qualities[fit]),
        live=_live(inputs, analysis),
        series=series_view(legs, analysis, rows=inputs.rows),
        zscore_reason=_why_no_zscore(analysis),
        correlation_reason=_why_no_correlation(analysis, legs),
    )


def _why_no_zscore(analysis: PairAnalysis) -> str:
    if math.isfinite(analysis.zscore):
        return ""
    return analysis.reason or "the bars before the last one lie on their line: there is no sd to measure in"


def _why_no_correlation(analysis: PairAnalysis, legs: AlignedLegs) -> str:
    if math.isfinite(analysis.correlation):
        return ""
    prices = np.stack((legs.y, legs.x))[:, -analysis.window - 1 :]
    if prices.shape[1] <= analysis.window or not np.isfinite(prices).all():
        return analysis.reason or "a bar of the window is missing"
    if not (prices > 0).all():
        return "a price of the window is not positive: it has no log return"
    return "the log returns of a leg do not vary"


def count_qualities(qualities: IntArray) -> dict[str, int]:
    """Return how many bars are of each quality; a bar that is not there counts as a gap."""
    counts = np.bincount(qualities, minlength=len(Quality))
    named = {quality.label: int(counts[quality]) for quality in Quality if quality is not Quality.NONE}
    named[Quality.GAP.label] += int(counts[Quality.NONE])
    return named


def _live(inputs: PairInputs, analysis: PairAnalysis) -> LiveValues:
    fit, y, x = analysis.next_fit, inputs.last_a, inputs.last_b
    if inputs.key.scale is Scale.LOG:
        y, x = (math.log(price) if price > 0 else math.nan for price in (y, x))
    spread = y - fit.beta * x
    zscore = (spread - fit.alpha) / fit.sd if fit.sd > 0 else math.nan
    return LiveValues(spread, zscore, None if math.isnan(spread) else inputs.as_of)


def series_view(legs: AlignedLegs, analysis: PairAnalysis, *, rows: int) -> PairSeriesView:
    """Return the newest `rows` rolling values of an analysis of `legs`."""
    rolling, first = analysis.series, analysis.series.first_row
    newest = slice(-rows, None)
    return PairSeriesView(
        legs.times[first:][newest],
        legs.y[first:][newest],
        legs.x[first:][newest],
        rolling.alpha[newest],
        rolling.beta[newest],
        rolling.sd[newest],
        rolling.spread[newest],
        rolling.zscore[newest],
        rolling.correlation[newest],
    )


def changed_rows(old: PairView, new: PairView) -> PairView | None:
    """Return `new` with only those rows of its series that a holder of `old` lacks; None across markets."""
    if old.market != new.market:
        return None
    at = np.searchsorted(old.series.times, new.series.times)
    inside = at < len(old.series.times)
    same = np.zeros(len(at), np.bool_)
    same[inside] = old.series.times[at[inside]] == new.series.times[inside]
    for name in PairSeriesView.__dataclass_fields__:
        was, now = getattr(old.series, name), getattr(new.series, name)
        equal = _equal(was[at[same]], now[same])
        same[np.flatnonzero(same)[~equal]] = False
    rows = {name: getattr(new.series, name)[~same] for name in PairSeriesView.__dataclass_fields__}
    return replace(new, series=PairSeriesView(**rows))


def is_unchanged(old: PairView, update: PairView) -> bool:
    """Tell whether an update says nothing new."""
    if len(update.series.times) or old.analysis is not update.analysis:
        return False
    return _said(old) == _said(update)


def _said(view: PairView) -> tuple[str, str, str]:
    return view.signal_reason, view.stale_reason, repr(view.live)

"""Bars recomputed in one pass over all stored trades, in whole numbers, and held against those that grew live."""

from collections.abc import Iterator

import numpy as np

from quant.domain import Bars, IntArray, Quality
from quant.storage.records import StoredTicks

UNITS = 10**7
"""Prices and sizes have at most seven decimals, and so does the product of those that go together."""

COLUMNS = ("opens", "highs", "lows", "closes", "volumes", "quote_volumes", "trades")
SOUND = (Quality.COMPLETE, Quality.QUIET, Quality.BACKFILLED)


def batch_bars(ticks: StoredTicks, width: int) -> dict[int, tuple[float, ...]]:
    """Return the values of COLUMNS by open time, of every bar of `width` ns that has a trade."""
    if not len(ticks):
        return {}
    opened = ticks.ts_event - ticks.ts_event % width
    order = np.lexsort((ticks.ids, opened))
    times, starts = np.unique(opened[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    prices, counts = ticks.prices[order], ticks.counts[order]
    sizes = [round(size * UNITS) for size in ticks.sizes[order].tolist()]
    quotes = [
        round(price * UNITS) * size // UNITS for price, size in zip(prices.tolist(), sizes, strict=True)
    ]
    return {
        time: (
            float(prices[start]),
            float(prices[start:end].max()),
            float(prices[start:end].min()),
            float(prices[end - 1]),
            sum(sizes[start:end]) / UNITS,  # of whole numbers: correctly rounded
            sum(quotes[start:end]) / UNITS,
            int(counts[start:end].sum()),
        )
        for time, start, end in zip(times.tolist(), starts.tolist(), ends, strict=True)
    }


def differences(live: Bars, ticks: StoredTicks, width: int) -> Iterator[str]:
    """Yield how live bars differ from a recomputation; the exchange's own bars stand outside."""
    wanted = batch_bars(ticks, width)
    rows = zip(*(getattr(live, name).tolist() for name in ("times", "qualities", *COLUMNS)), strict=True)
    close, closed_at = None, None
    seen = set()
    for time, quality, *values in rows:
        seen.add(time)
        own = wanted.get(time)
        label = f"the bar at {time} ({Quality(quality).label})"
        if quality == Quality.KLINE:
            pass
        elif own is not None:
            if tuple(values) != own:
                yield f"{label} has {dict(zip(COLUMNS, values, strict=True))}, its trades make {own}"
            if quality == Quality.QUIET:
                yield f"{label} has trades"
        elif values[-1] or values[-3] or values[-2]:
            yield f"{label} has a volume without a trade"
        elif quality == Quality.QUIET and closed_at == time - width and _differ(values[:4], close):
            yield f"{label} does not repeat the close before, {close}: {values[:4]}"
        elif quality not in (Quality.QUIET, Quality.GAP):
            yield f"{label} has no trade"
        close, closed_at = values[3], time
    lost = [time for time in wanted if time not in seen and len(live) and time >= live.times[0]]
    if lost:
        yield f"no bar at {lost[:5]}, though there are trades"


def _differ(prices: list[float], close: float | None) -> bool:
    return any(price != close and not (price != price and close != close) for price in prices)


def silently_incomplete(live: Bars, missing_times: IntArray, width: int) -> IntArray:
    """Return the open times of bars that claim to lack nothing while a trade of theirs is not stored."""
    sound = live.times[np.isin(live.qualities, SOUND)]
    return np.intersect1d(sound, missing_times - missing_times % width)


def stored_otherwise(live: Bars, stored: Bars) -> Iterator[str]:
    """Yield which closed bars lie in the file otherwise than they were when the market stopped, or not at all."""
    names = [name for name in Bars.__dataclass_fields__ if name != "closed"]
    held = {time: at for at, time in enumerate(stored.times.tolist())}
    for at in np.flatnonzero(live.closed).tolist():
        time = int(live.times[at])
        if time not in held:
            yield f"the closed bar at {time} ({Quality(live.qualities[at]).label}) is not stored"
            continue
        for name in names:
            mine, theirs = getattr(live, name)[at], getattr(stored, name)[held[time]]
            if mine != theirs and not (mine != mine and theirs != theirs):
                yield f"the closed bar at {time} is stored with {name} {theirs}, live it has {mine}"

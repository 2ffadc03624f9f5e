"""Bars that were stored, back in their ring after a restart."""

from collections.abc import Sequence

import numpy as np

from quant.domain import BarFlag, Bars, BoolArray, IntArray
from quant.market.bar_kernels import BACKFILLED, COMPLETE, GAP, KLINE, PARTIAL, UNITS
from quant.market.columns import Record, Records


def restore_bars(bars: Records, head: Record, width: int, stored: Bars) -> None:
    """Put closed bars, oldest first, into one ring; what opens after the newest of them is still to come."""
    depth = len(bars)
    newest = int(stored.times[-1])
    kept = stored.times > newest - depth * width
    slots = stored.times[kept] // width % depth
    bars["time"][slots] = stored.times[kept]
    for field, column in (
        ("open", stored.opens),
        ("high", stored.highs),
        ("low", stored.lows),
        ("close", stored.closes),
        ("trades", stored.trades),
        ("first_id", stored.first_ids),
        ("last_id", stored.last_ids),
        ("revision", stored.revisions),
        ("quality", stored.qualities),
    ):
        bars[field][slots] = column[kept]
    for field, volumes in (("volume", stored.volumes), ("quote_volume", stored.quote_volumes)):
        bars[field][slots] = np.rint(np.nan_to_num(volumes[kept]) * UNITS).astype(np.int64)
    bars["cut"][slots] = stored.flags[kept] & BarFlag.CUT != 0
    bars["fetched"][slots] = stored.flags[kept] & BarFlag.FETCHED != 0
    head["close_from"] = newest + width
    head["newest"] = newest
    head["version"] += 1


def replace_bars(bars: Records, head: Record, others: Records) -> None:
    """Put the bars of another ring in the place of these; one that was closed here comes with a newer revision."""
    closed = (bars["time"] != 0) & (bars["time"] < head["close_from"])
    again = np.flatnonzero(closed & (bars["time"] == others["time"]))
    revisions = np.maximum(others["revision"][again], bars["revision"][again] + 1)
    used = np.flatnonzero((bars["time"] != 0) | (others["time"] != 0))
    bars[used] = others[used]
    bars["revision"][again] = revisions


def compose(bars: Records, heads: Records, widths: Sequence[int], f: int) -> int:
    """Make the forming bars of interval `f` from closed bars of a finer one, where those reach back far enough.

    Returns the time from which trades are still to be added: a forming day need not be read trade by trade.
    """
    since = int(heads["close_from"][f])
    if not since:
        return 0  # listening has not begun
    finer = [g for g, width in enumerate(widths) if width < widths[f] and widths[f] % width == 0]
    for g in sorted(finer, key=lambda g: -widths[g]):
        until = int(heads["close_from"][g])
        times = np.arange(since, until, widths[g], dtype=np.int64)
        slots = times // widths[g] % bars.shape[1]
        parts = bars[g][slots]
        if not len(times) or (parts["time"] != times).any() or (parts["quality"] == KLINE).any():
            continue
        for opened in range(since, until, widths[f]):
            _fold(bars[f], heads[f], widths[f], opened, parts[times // widths[f] * widths[f] == opened])
        return until
    return since


def _fold(bars: Records, head: Record, width: int, opened: int, parts: Records) -> None:
    traded = parts[parts["trades"] > 0]
    torn = bool((parts["quality"] == GAP).any())
    if not len(traded) and not torn:
        return  # nothing traded so far: there is no such bar yet
    bar = bars[opened // width % len(bars)]
    bar["time"] = opened
    for field in ("open", "high", "low", "close"):
        bar[field] = np.nan
    bar["first_id"], bar["last_id"], bar["revision"], bar["changed"] = 0, -1, 0, 0
    for field in ("volume", "quote_volume", "trades"):
        bar[field] = parts[field].sum()
    bar["cut"], bar["fetched"] = parts["cut"].max(), parts["fetched"].max()
    if len(traded):
        first, last = traded[traded["first_id"].argmin()], traded[traded["last_id"].argmax()]
        bar["open"], bar["close"] = first["open"], last["close"]
        bar["high"], bar["low"] = traded["high"].max(), traded["low"].min()
        bar["first_id"], bar["last_id"] = first["first_id"], last["last_id"]
    sound = PARTIAL if bar["cut"] else BACKFILLED if bar["fetched"] else COMPLETE
    bar["quality"] = GAP if torn else sound
    head["newest"] = max(head["newest"], opened)


def take_changed(bars: Records, head: Record, width: int) -> IntArray:
    """Return the open times of the closed bars that changed since the last call, oldest first."""
    since, end = int(head["changed_from"]), int(head["close_from"])
    if not since:
        return np.empty(0, np.int64)
    head["changed_from"] = 0
    oldest = max(since, int(head["newest"]) - (len(bars) - 1) * width)
    times = np.arange(oldest, end, width, dtype=np.int64)
    slots = times // width % len(bars)
    kept: BoolArray = (bars["time"][slots] == times) & (bars["changed"][slots] == 1)
    times = times[kept]
    bars["changed"][times // width % len(bars)] = 0
    return times

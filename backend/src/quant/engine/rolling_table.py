"""A table of all pairs that follows the market: new bars are added to it, changed ones put right."""

from dataclasses import replace

import numpy as np

from quant.analytics.findings import LagRule
from quant.analytics.holdout import with_holdout
from quant.analytics.incremental import RollingScan
from quant.analytics.pair_table import PairTable
from quant.analytics.results import Status
from quant.analytics.universe import checked_levels
from quant.domain import IntArray
from quant.engine.closes import Closes
from quant.engine.protocol import ScanView
from quant.engine.scanning import FIT, HOLDOUT, MIN_BARS, SCREEN

FRESH_SHARE = 4
"""Where more than a quarter of the window is new or changed, it is summed up anew."""


class RollingTable:
    """The rolling scans of one topic and the closes they stand at. `scan` belongs into one lane."""

    def __init__(self) -> None:
        self._closes: Closes | None = None
        self._whole: RollingScan | None = None
        self._first: RollingScan | None = None  # of the bars that screen, None where they are too few

    def holds(self, closes: Closes) -> bool:
        """Tell whether the table is that of these closes."""
        held = self._closes
        return held is not None and held.same_as(closes)

    def scan(self, view: ScanView, closes: Closes) -> ScanView:
        """Return the view with its table; as it is where no table can be made."""
        held, self._closes = self._closes, None  # an error in between must not leave half a change behind
        if view.status is Status.OK:
            screening = len(closes) - round(len(closes) * HOLDOUT)
            if self._can_follow(held, closes):
                assert held is not None  # noqa: S101  or it could not follow
            else:
                held = None
                self._whole = RollingScan(len(closes.symbols), window=view.window, scale=view.scale)
                self._first = None
                if screening >= MIN_BARS:
                    self._first = RollingScan(len(closes.symbols), window=screening, scale=view.scale)
            assert self._whole is not None  # noqa: S101  just made, or it could not follow
            _follow(self._whole, held, closes)
            if self._first is not None:
                _follow(self._first, held and _head(held, screening), _head(closes, screening))
            view = replace(view, table=self._table(view, closes))
        self._closes = closes
        return view

    def _table(self, view: ScanView, closes: Closes) -> PairTable:
        assert self._whole is not None  # noqa: S101  the caller made it
        table = self._whole.table()
        if self._first is None:
            return table
        levels, _ = checked_levels(closes.prices, scale=view.scale, window=None)
        rule = LagRule.of(len(closes), None, "aic")
        first = self._first.table()
        return with_holdout(table, first, levels, screen=SCREEN, fit=FIT, rule=rule, calibrate=False)

    def _can_follow(self, held: Closes | None, closes: Closes) -> bool:
        """Tell whether so little has changed that adding it is less work than beginning anew."""
        if held is None or held.symbols != closes.symbols or len(held) != len(closes) or not len(held):
            return False
        if self._whole is None or closes.times[0] < held.times[0]:
            return False
        fresh = int(np.count_nonzero(closes.times > held.times[-1]))
        return fresh + len(_changed(held, closes)) <= len(closes) // FRESH_SHARE


def _follow(rolling: RollingScan, held: Closes | None, closes: Closes) -> None:
    """Bring a scan that stands at `held`, or at nothing, to `closes`."""
    fresh = np.arange(len(closes))
    if held is not None:
        for row in _changed(held, closes):
            at = int(np.searchsorted(closes.times, held.times[row]))
            rolling.correct(int(row), closes.prices[at])
        fresh = np.flatnonzero(closes.times > held.times[-1])
    for row in fresh:
        rolling.append(closes.prices[row])


def _head(closes: Closes, rows: int) -> Closes:
    """Return the first rows."""
    return Closes(closes.symbols, closes.times[:rows], closes.prices[:rows], closes.qualities[:rows])


def _changed(held: Closes, closes: Closes) -> IntArray:
    """Return the rows of `held` that have other prices now, of those that are still in the window."""
    left = int(np.searchsorted(held.times, closes.times[0]))
    was, now = held.prices[left:], closes.prices[: len(held) - left]
    differs = ((was != now) & ~(np.isnan(was) & np.isnan(now))).any(axis=1)
    return left + np.flatnonzero(differs)

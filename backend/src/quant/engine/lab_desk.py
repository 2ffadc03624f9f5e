"""Examinations that are asked for: one pair under every method and test, as its closed bars stand or stood."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from quant.analytics.lab import examine_pair, grid_rows
from quant.analytics.results import Status
from quant.clock import NS_PER_S
from quant.domain import HedgeMethod, IntArray
from quant.engine.analysis import (
    SERIES_ROWS,
    PairInputs,
    count_qualities,
    pair_inputs,
    rows_needed,
    with_formation_times,
)
from quant.engine.checks import check_key
from quant.engine.cost import check_lab
from quant.engine.formation import blocks
from quant.engine.lanes import Lanes
from quant.engine.protocol import LabView, PairKey, Spend
from quant.engine.reading import Reading
from quant.engine.running import RunningMarket
from quant.errors import NotEnoughData


@dataclass(frozen=True, slots=True)
class LabDesk:
    """Answers one question at a time; nothing of it is kept."""

    reading: Reading
    lanes: Lanes

    async def examine(
        self, running: RunningMarket, key: PairKey, *, points: int, end: int | None, spend: Spend
    ) -> LabView:
        """Return the examination; raises InvalidInput for what cannot be, NotEnoughData where bars lack."""
        await self.reading.know(running, (key.pair.a, key.pair.b))
        check_key(running, key)
        seconds = check_lab(window=key.window, points=points)
        # Kalman's filter reaches back furthest: its bars are enough for all methods.
        longest = replace(key, method=HedgeMethod.KALMAN)
        legs = None
        if end is not None:
            rows = rows_needed(longest, rows=SERIES_ROWS)
            legs = await self.reading.legs(running, longest, rows=rows, end=end)
        inputs = pair_inputs(running, longest, end=end, legs=legs)
        what = f"{key.pair} on {key.interval} bars, window {key.window}"
        if len(inputs.legs) <= key.window:  # said before it has to wait
            raise NotEnoughData(what, have=len(inputs.legs), need=key.window + 1)
        work = partial(lab_view, key, inputs, points=points)
        view = await self.lanes.answer(work, seconds=seconds, spend=spend)
        if view.examination.status is Status.ZERO_VARIANCE:
            raise NotEnoughData(f"different prices of each leg of {what}", have=1, need=2)
        return view


def lab_view(key: PairKey, inputs: PairInputs, *, points: int) -> LabView:
    """Return the examination of copied bars; runs in a lane."""
    legs, window = inputs.legs, key.window
    times = legs.times
    rows = grid_rows(len(times), window=window, points=points)
    starts = _filter_starts(inputs, rows)
    found = examine_pair(
        legs.y, legs.x, window=window, method=key.method, scale=key.scale, rows=rows, starts=starts
    )
    fit = with_formation_times(found.fits[HedgeMethod.KALMAN], times[starts[-1] :], window=window)
    found = replace(found, fits={**found.fits, HedgeMethod.KALMAN: fit})
    fitted = slice(len(times) - 1 - window, len(times) - 1)
    return LabView(
        market=inputs.market,
        as_of=inputs.as_of,
        key=key,
        interval_s=inputs.interval_s,
        first_time=int(times[fitted][0]),
        last_time=int(times[-1]),
        qualities=count_qualities(legs.qualities[fitted]),
        examination=found,
        times=times[rows],
        residual_times=times[fitted],
    )


def _filter_starts(inputs: PairInputs, rows: IntArray) -> IntArray:
    """Return where Kalman's filter begins for each row: where it does for the pair's own numbers."""
    window, times = inputs.key.window, inputs.legs.times
    parts = blocks(times, window=window, width=inputs.interval_s * NS_PER_S, rows=len(times))
    begins = np.array([part.begin for part in parts])
    firsts = np.array([part.first for part in parts])
    starts: IntArray = begins[np.searchsorted(firsts, rows, side="right") - 1]
    return np.minimum(starts, rows - window)

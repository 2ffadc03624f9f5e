"""Cointegration of all pairs of several symbols, from copies of their closes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from quant.analytics import mackinnon, scan_pairs
from quant.analytics.results import Status
from quant.domain import FloatArray, Quality, Scale
from quant.engine.analysis import count_qualities
from quant.engine.closes import Closes
from quant.engine.cost import MAX_REQUEST_S
from quant.engine.protocol import ScanView
from quant.errors import Unavailable

MIN_BARS = 30
"""Of a cointegration test."""

MIN_SYMBOLS = 2

HOLDOUT, SCREEN, FIT = 0.5, 0.5, 0.9
"""The share of the bars that tests what the others have screened, and what passes the screen: a p of at most this, with
at least this share of y's movement explained by the line."""

Progress = Callable[[int, int], None]


def deadline(seconds: float = MAX_REQUEST_S) -> Progress:
    """Return what ends a scan that takes longer than estimated: it raises Unavailable."""
    begun = time.monotonic()

    def look(_done: int, _of: int) -> None:
        if time.monotonic() - begun > seconds:
            raise Unavailable(
                f"the scan took longer than {seconds:g} s and was ended: ask for fewer symbols or bars, or without "
                "calibration",
                limit_s=seconds,
            )

    return look


def scan_within(view: ScanView, prices: FloatArray) -> ScanView:
    """Return the view with the table of all pairs of columns of `prices`; runs in a lane.

    Raises Unavailable where that takes too long.
    """
    return replace(
        view,
        table=scan_pairs(
            prices,
            scale=view.scale,
            calibrate=view.calibrated,
            holdout=HOLDOUT,
            screen=SCREEN,
            fit=FIT,
            progress=deadline(),
        ),
    )


def scan_view(
    closes: Closes,
    *,
    market: str,
    as_of: int | None,
    interval: str,
    window: int,
    scale: Scale,
    calibrate: bool = False,
) -> ScanView:
    """Return a view that lacks its table; its status says where none can be made."""
    status, reason = Status.OK, ""
    have = _have(closes)
    if len(closes.symbols) < MIN_SYMBOLS:
        status, reason = (
            Status.TOO_SHORT,
            f"a scan needs {MIN_SYMBOLS} symbols, there are {len(closes.symbols)}",
        )
    elif have < window:
        status, reason = Status.TOO_SHORT, f"needs {window} closed bars, there are {have}"
    return ScanView(
        market=market,
        as_of=as_of,
        seq=0,
        interval=interval,
        window=window,
        scale=scale,
        symbols=closes.symbols,
        status=status,
        reason=reason,
        have=have,
        need=window,
        first_time=int(closes.times[0]) if len(closes) else None,
        last_time=int(closes.times[-1]) if len(closes) else None,
        table=None,
        qualities={
            symbol: count_qualities(closes.qualities[:, k]) for k, symbol in enumerate(closes.symbols)
        },
        critical_values=critical_values(len(closes)) if status is Status.OK else {},
        holdout_share=HOLDOUT,
        screen=SCREEN,
        fit=FIT,
        calibrated=calibrate,
    )


def critical_values(n: int) -> Mapping[str, float]:
    """Return those of either direction's statistic on n bars, by level: MacKinnon's for two series, n - 1 bars."""
    return mackinnon.critical_values(trend="c", n_series=2, n=n - 1)


def _have(closes: Closes) -> int:
    """Return how far back two symbols reach, so that one pair at least can be tested."""
    is_there = closes.qualities != Quality.NONE
    reach = np.where(is_there.any(axis=0), len(closes) - is_there.argmax(axis=0), 0)
    return int(np.sort(reach)[-2]) if reach.size >= MIN_SYMBOLS else len(closes)

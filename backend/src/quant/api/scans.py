"""Scans as JSON, made a few hundred pairs at a time: in one piece, thousands would hold up the event loop."""

import asyncio
import math
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import polars as pl

from quant.api import schemas as wire
from quant.api.row_frames import row_frame
from quant.api.views import Role, Word, ms
from quant.domain import FloatArray, IntArray, Interval
from quant.engine import protocol as engine

PAIRS_AT_ONCE = 250
MAX_PAIRS = 20_000

_EMPTY = b'"items":[]}'
FLOATS = (
    "alpha",
    "beta",
    "statistic",
    "statistic_xy",
    "p_value",
    "p_yx",
    "p_xy",
    "q_value",
    "half_life",
    "correlation",
    "zscore",
    "holdout_p",
    "holdout_q",
)


# The numbers that may lack though the pair was tested, and why.
REASONS = {
    "zscore": "the bars before the last one lie on their line: there is no sd to measure in",
    "correlation": "the log returns of a leg do not vary, or a price of the window is not positive",
}
HALF_LIFE = {
    "not_reverting": "phi is not negative: the residuals do not return",
    "oscillating": "phi is under -1: the residuals overshoot every bar",
    "singular": "the past of the residuals reproduces them exactly",
}
USABLE = ("ok", "near_perfect")


async def pair_scan(view: engine.ScanView, *, limit: int = MAX_PAIRS, role: Role = "descriptive") -> bytes:
    """Return a `PairScan`, the `limit` pairs with the least p."""
    head = _head(view, role).model_dump_json().encode()
    parts = []
    for part in _parts(view, limit):
        parts.append(part)
        await asyncio.sleep(0)
    return head.removesuffix(_EMPTY) + b'"items":[' + b",".join(parts) + b"]}"


def scan_frame(view: engine.ScanView, *, limit: int = MAX_PAIRS) -> pl.DataFrame:
    """Return the pairs of a `PairScan`; takes a while, and belongs beside the event loop."""
    rows = [] if view.table is None else _rows(view, _order(view.table)[:limit])
    return row_frame(wire.ScannedPair, rows)


async def matrix_message(frame: engine.Frame, view: engine.ScanView) -> bytes:
    """Return a `MatrixMessage`."""
    head = {"type": frame.kind, "topic": frame.topic, "seq": view.seq, "time": ms(frame.time)}
    return msgspec.json.encode(head).removesuffix(b"}") + b',"data":' + await pair_scan(view) + b"}"


def _head(view: engine.ScanView, role: Role) -> wire.PairScan:
    table = view.table
    status: Word = view.status.value
    return wire.PairScan(
        market=view.market,
        as_of=ms(view.as_of),
        seq=view.seq or None,
        interval=view.interval,
        window=view.window,
        scale=view.scale.value,
        status=status,
        reason=view.reason or None,
        have=view.have,
        need=view.need,
        first_time=ms(view.first_time),
        last_time=ms(view.last_time),
        symbols=list(view.symbols),
        quality={symbol: wire.WindowQuality(**counts) for symbol, counts in view.qualities.items()},
        method="engle_granger",
        role=role,
        n=table.n if table else None,
        trend="c",
        autolag=table.autolag if table else None,
        max_lag=table.max_lag if table else None,
        critical_values=dict(view.critical_values) or None,
        level=table.level if table else None,
        calibrated=view.calibrated,
        holdout_share=view.holdout_share,
        screen=view.screen,
        fit=view.fit,
        pairs_tested=table.pairs_tested if table else 0,
        expected_false=table.expected_false if table else 0.0,
        found=table.found if table else 0,
        null=table.null if table else None,
        items=[],
    )


def _parts(view: engine.ScanView, limit: int) -> Iterator[bytes]:
    if view.table is None:
        return
    order = _order(view.table)[:limit]
    for first in range(0, len(order), PAIRS_AT_ONCE):
        yield msgspec.json.encode(_rows(view, order[first : first + PAIRS_AT_ONCE]))[1:-1]


def _order(table: Any) -> IntArray:  # a PairTable
    return np.argsort(table.p_value, kind="stable")  # NaN comes last


def _rows(view: engine.ScanView, at: IntArray) -> list[dict[str, object]]:
    table = view.table
    assert table is not None  # noqa: S101  the caller looked
    columns: dict[str, list[object]] = {
        "symbol_a": [view.symbols[i] for i in table.i[at].tolist()],
        "symbol_b": [view.symbols[j] for j in table.j[at].tolist()],
        "lags": [lag if lag >= 0 else None for lag in table.lags[at].tolist()],
        "lags_xy": [lag if lag >= 0 else None for lag in table.lags_xy[at].tolist()],
        "direction": [
            word if known else None
            for word, known in zip(table.direction[at].tolist(), table.usable[at].tolist(), strict=True)
        ],
        "half_life_status": table.half_life_status[at].tolist(),
        "reason": [reason or None for reason in table.reason[at].tolist()],
        "status": table.status[at].tolist(),
        "holdout": table.holdout[at].tolist(),
    }
    for name in FLOATS:
        columns[name] = _finite(getattr(table, name)[at])
    columns["half_life_seconds"] = _finite(table.half_life[at] * Interval.parse(view.interval).seconds)
    columns["p_calibrated"] = _finite(table.p_calibrated[at]) if view.calibrated else [None] * len(at)
    columns["reasons"] = [reasons_of(table, row) for row in at.tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _finite(values: FloatArray) -> list[object]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def reasons_of(table: Any, row: int) -> dict[str, str]:
    """Return why numbers of a tested pair lack; of one that was not tested, its own reason says so."""
    if table.status[row] not in USABLE:
        return {}
    found = {name: text for name, text in REASONS.items() if math.isnan(getattr(table, name)[row])}
    if math.isnan(table.half_life[row]):
        status = str(table.half_life_status[row])
        found["half_life"] = HALF_LIFE.get(status, status)
    return found

"""Scans as JSON, made a few hundred pairs at a time: in one piece, thousands would hold up the event loop."""

import asyncio
import math
from collections.abc import Iterator

import msgspec
import numpy as np

from quant.api import schemas as wire
from quant.api.views import Word, ms
from quant.domain import IntArray
from quant.engine import protocol as engine

PAIRS_AT_ONCE = 250
MAX_PAIRS = 20_000

_EMPTY = b'"items":[]}'
FLOATS = (
    "alpha",
    "beta",
    "statistic",
    "p_value",
    "q_value",
    "half_life",
    "correlation",
    "zscore",
    "holdout_p",
    "holdout_q",
)


async def pair_scan(view: engine.ScanView, *, limit: int = MAX_PAIRS) -> bytes:
    """Return a `PairScan`, the `limit` pairs with the least p."""
    head = _head(view).model_dump_json().encode()
    parts = []
    for part in _parts(view, limit):
        parts.append(part)
        await asyncio.sleep(0)
    return head.removesuffix(_EMPTY) + b'"items":[' + b",".join(parts) + b"]}"


async def matrix_message(frame: engine.Frame, view: engine.ScanView) -> bytes:
    """Return a `MatrixMessage`."""
    head = {"type": frame.kind, "topic": frame.topic, "seq": view.seq, "time": ms(frame.time)}
    return msgspec.json.encode(head).removesuffix(b"}") + b',"data":' + await pair_scan(view) + b"}"


def _head(view: engine.ScanView) -> wire.PairScan:
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
        pairs_tested=table.pairs_tested if table else 0,
        expected_false=table.expected_false if table else 0.0,
        found=table.found if table else 0,
        null=table.null if table else None,
        items=[],
    )


def _parts(view: engine.ScanView, limit: int) -> Iterator[bytes]:
    if view.table is None:
        return
    order = np.argsort(view.table.p_value, kind="stable")[:limit]  # NaN comes last
    for first in range(0, len(order), PAIRS_AT_ONCE):
        yield msgspec.json.encode(_rows(view, order[first : first + PAIRS_AT_ONCE]))[1:-1]


def _rows(view: engine.ScanView, at: IntArray) -> list[dict[str, object]]:
    table = view.table
    assert table is not None  # noqa: S101  the caller looked
    columns: dict[str, list[object]] = {
        "symbol_a": [view.symbols[i] for i in table.i[at].tolist()],
        "symbol_b": [view.symbols[j] for j in table.j[at].tolist()],
        "lags": [lag if lag >= 0 else None for lag in table.lags[at].tolist()],
        "reason": [reason or None for reason in table.reason[at].tolist()],
        "status": table.status[at].tolist(),
        "holdout": table.holdout[at].tolist(),
    }
    for name in FLOATS:
        values = getattr(table, name)[at].tolist()
        columns[name] = [value if math.isfinite(value) else None for value in values]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

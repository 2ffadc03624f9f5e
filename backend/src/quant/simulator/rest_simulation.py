"""The part of REST that no exchange has: what is true, how it goes, and the faults."""

import json

import numpy as np

from quant.domain import IntArray
from quant.errors import InvalidParameter
from quant.simulator.faults import KINDS, AlteredMarket, Fault, Layer
from quant.simulator.hub import Hub
from quant.simulator.rest_errors import Query, RestError, mandatory, optional_integer
from quant.simulator.wire import compact

MAX_BODY = 1 << 16
_MAX_SPAN_MS = 48 * 3_600_000


def status(hub: Hub, now_ms: int) -> bytes:
    """Return the body of `/simulation/status`."""
    body = {
        "market": hub.market.name,
        "time": now_ms,
        "speed": hub.timeline.speed,
        "connections": len(hub.connections),
        "sent": hub.sent,
        "evicted": hub.evicted,
    }
    return compact(body)


def ids(market: AlteredMarket, query: Query, now_ms: int) -> bytes:
    """Return the body of `/simulation/ids`: the ids traded in [startTime, endTime) up to now; raise RestError."""
    symbol = query.get("symbol", "")
    if symbol not in market:
        raise RestError(-1121, "Invalid symbol.")
    start, end = optional_integer(query, "startTime"), optional_integer(query, "endTime")
    if start is None:
        raise mandatory("startTime")
    end = now_ms if end is None else min(end, now_ms)
    if end - start > _MAX_SPAN_MS:
        raise RestError(-1127, "More than 48 hours between startTime and endTime.")
    truth = market.truth_ids(symbol, start * 1_000_000, max(start, end) * 1_000_000)
    return compact(
        {"symbol": symbol, "first": truth.first, "stop": truth.stop, "denied": _runs(truth.denied)}
    )


def add_fault(hub: Hub, body: bytes, now_ms: int) -> bytes:
    """Take the fault of a JSON body, from now on where it has no start; return it; raise InvalidParameter."""
    try:
        item = json.loads(body)
    except ValueError as error:
        raise InvalidParameter("fault", f"not JSON: {error}") from error
    fault = Fault.parse(item, start_s=_soonest_s(hub, item, now_ms))
    number = hub.market.add(fault, now_ms=now_ms)
    return compact({"number": number, **fault.as_json(), "bitten": 0})


def end_fault(hub: Hub, number: int, now_ms: int) -> bytes:
    """End a fault and return it; raise InvalidParameter."""
    fault = hub.injector.end(number, now_ms)
    return compact({"number": number, **fault.as_json(), "bitten": hub.injector.bitten[number]})


def _soonest_s(hub: Hub, item: object, now_ms: int) -> float:
    """Return when a fault without a start begins: now, or with the next second if the market itself changes."""
    kind = str(item.get("kind")) if isinstance(item, dict) else None
    next_second = 1000 * (now_ms // 1000 + 1)
    on_market = {known.value for known, spec in KINDS.items() if spec.layer is Layer.MARKET}
    return ((next_second if kind in on_market else now_ms) - hub.injector.origin_ms) / 1000


def _runs(values: IntArray) -> list[list[int]]:
    """Return sorted ids as [first, last] of each unbroken run."""
    if not len(values):
        return []
    breaks = np.flatnonzero(np.diff(values) > 1)
    firsts, lasts = values[np.r_[0, breaks + 1]], values[np.r_[breaks, len(values) - 1]]
    return np.column_stack((firsts, lasts)).tolist()  # type: ignore[no-any-return] # numpy types it as Any

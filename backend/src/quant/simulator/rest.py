"""The REST side: routes, weights and refusals over Starlette; the work runs in a thread of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quant.simulator import rest_data
from quant.simulator.hub import Hub
from quant.simulator.rest_errors import Query, RestError
from quant.simulator.weights import WeightMeter
from quant.simulator.wire import compact

Answer = Callable[[Query, int], bytes]  # (query, market time in ms) -> JSON
Weight = Callable[[Query], int]
_TOO_MANY = {"code": -1003, "msg": "Too many requests; current limit is 2400 request weight per 1 MINUTE."}


def rest_app(hub: Hub, meter: WeightMeter, executor: Executor) -> Starlette:
    """Return the application; bars and trades are made on `executor`, off the event loop."""
    market = hub.market

    def route(path: str, weight: Weight, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            query = dict(request.query_params)
            charge = meter.charge(request.client.host if request.client else "", weight(query))
            headers = {"X-MBX-USED-WEIGHT-1m": str(charge.used)}
            if charge.retry_after_s is not None:
                headers["Retry-After"] = str(charge.retry_after_s)
                return _json(compact(_TOO_MANY), 429, headers)
            now_ms = hub.timeline.now_ms()
            try:
                loop = asyncio.get_running_loop()
                body = await loop.run_in_executor(executor, answer, query, now_ms)
            except RestError as error:
                return _json(compact({"code": error.number, "msg": error.message}), 400, headers)
            return _json(body, 200, headers)

        return Route(path, endpoint, methods=["GET"])

    endpoints: list[tuple[str, Weight, Answer]] = [
        ("/fapi/v1/ping", _fixed(1), lambda _query, _now: b"{}"),
        ("/fapi/v1/time", _fixed(1), lambda _query, now: compact({"serverTime": now})),
        ("/fapi/v1/exchangeInfo", _fixed(1), lambda _query, now: rest_data.exchange_info(now)),
        ("/fapi/v1/aggTrades", _fixed(20), partial(rest_data.agg_trades, market)),
        ("/fapi/v1/klines", rest_data.kline_weight, partial(rest_data.klines, market)),
        ("/fapi/v1/premiumIndex", _premium_weight, partial(rest_data.premium_index, market)),
        ("/simulation/truth", _fixed(0), lambda _query, _now: compact(market.truth)),
        ("/simulation/status", _fixed(0), lambda _query, now: _status(hub, now)),
    ]
    return Starlette(routes=[route(*endpoint) for endpoint in endpoints])


def _fixed(weight: int) -> Weight:
    return lambda _query: weight


def _premium_weight(query: Query) -> int:
    return 1 if query.get("symbol") else 10


def _status(hub: Hub, now_ms: int) -> bytes:
    body = {
        "market": hub.market.name,
        "time": now_ms,
        "speed": hub.timeline.speed,
        "connections": len(hub.connections),
        "sent": hub.sent,
        "evicted": hub.evicted,
    }
    return compact(body)


def _json(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status_code=status, headers=headers, media_type="application/json")

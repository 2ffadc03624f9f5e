"""The REST side: routes, weights and refusals over Starlette; the work runs in a thread of its own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quant.errors import InvalidParameter
from quant.simulator import rest_data, rest_simulation
from quant.simulator.faults.rest import RestFaults
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
    faults = RestFaults(hub.injector, hub.timeline)

    def route(path: str, weight: Weight, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            query = dict(request.query_params)
            symbol = query.get("symbol")
            charge = meter.charge(request.client.host if request.client else "", weight(query))
            headers = {"X-MBX-USED-WEIGHT-1m": str(charge.used)}
            if charge.retry_after_s is not None:
                headers["Retry-After"] = str(charge.retry_after_s)
                return _json(compact(_TOO_MANY), 429, headers)
            if faulty and (refused := await faults.answer_instead(path, symbol, headers)):
                return refused
            try:
                body = await _in(executor, answer, query, hub.timeline.now_ms())
            except RestError as error:
                return _json(compact({"code": error.number, "msg": error.message}), 400, headers)
            if faulty:
                body = faults.distort(path, symbol, body)
                if torn := faults.tear(path, symbol, body, headers):
                    return torn
            return _json(body, 200, headers)

        faulty = path.startswith("/fapi/")
        return Route(path, endpoint, methods=["GET"])

    def exchange_info(_query: Query, now_ms: int) -> bytes:
        market.note_listing(now_ms)
        return rest_data.exchange_info(market, now_ms, told_ms=faults.told_ms(now_ms))

    endpoints: list[tuple[str, Weight, Answer]] = [
        ("/fapi/v1/ping", _fixed(1), lambda _query, _now: b"{}"),
        ("/fapi/v1/time", _fixed(1), lambda _query, now: compact({"serverTime": faults.told_ms(now)})),
        ("/fapi/v1/exchangeInfo", _fixed(1), exchange_info),
        ("/fapi/v1/aggTrades", _fixed(20), partial(rest_data.agg_trades, market)),
        ("/fapi/v1/klines", rest_data.kline_weight, partial(rest_data.klines, market)),
        ("/fapi/v1/premiumIndex", _premium_weight, partial(rest_data.premium_index, market)),
        ("/simulation/truth", _fixed(0), lambda _query, _now: compact(market.truth)),
        ("/simulation/status", _fixed(0), lambda _query, now: rest_simulation.status(hub, now)),
        ("/simulation/ids", _fixed(0), partial(rest_simulation.ids, market)),
        ("/simulation/faults", _fixed(0), lambda _query, now: compact(hub.injector.as_json(now))),
    ]
    return Starlette(routes=[*(route(*endpoint) for endpoint in endpoints), *_fault_routes(hub)])


def _fault_routes(hub: Hub) -> list[Route]:
    async def add(request: Request) -> Response:
        try:
            body = await _bounded_body(request)
            return _json(rest_simulation.add_fault(hub, body, hub.timeline.now_ms()), 201, {})
        except InvalidParameter as error:
            return _refusal(error)

    async def end(request: Request) -> Response:
        try:
            number = request.path_params["number"]
            return _json(rest_simulation.end_fault(hub, number, hub.timeline.now_ms()), 200, {})
        except InvalidParameter as error:
            return _refusal(error)

    return [
        Route("/simulation/faults", add, methods=["POST"]),
        Route("/simulation/faults/{number:int}", end, methods=["DELETE"]),
    ]


def _refusal(error: InvalidParameter) -> Response:
    body = {"code": -1130, "msg": error.message, "parameter": error.values["parameter"]}
    return _json(compact(body), 400, {})


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > rest_simulation.MAX_BODY:
            raise InvalidParameter("fault", f"is longer than {rest_simulation.MAX_BODY} bytes")
    return bytes(body)


async def _in(executor: Executor, answer: Answer, query: Query, now_ms: int) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(executor, answer, query, now_ms)


def _fixed(weight: int) -> Weight:
    return lambda _query: weight


def _premium_weight(query: Query) -> int:
    return 1 if query.get("symbol") else 10


def _json(body: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status_code=status, headers=headers, media_type="application/json")

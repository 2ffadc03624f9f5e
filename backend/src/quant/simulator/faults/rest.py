"""REST under faults: refusals, slow, torn and untrue answers, and the exchange's own clock."""

import asyncio
import json
import math
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from quant.simulator.faults.corruption import cut_point
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.kinds import FaultKind, Layer
from quant.simulator.timeline import Timeline
from quant.simulator.wire import compact

CLOSE = "close_connection"  # in the request's state: closes its socket
_POLL_S = 0.002
_BANNED = {"code": -1003, "msg": "Way too many requests; IP banned."}
_TOO_MANY = {"code": -1003, "msg": "Too many requests; please use the websocket for live updates."}
_HTML = b"<html><body><h1>%s</h1></body></html>"


class RestFaults:
    """What a plan does to requests under `/fapi`."""

    def __init__(self, injector: Injector, timeline: Timeline) -> None:
        self._injector = injector
        self._timeline = timeline
        self._requests = 0

    def told_ms(self, now_ms: int) -> int:
        """Return what the exchange believes the time to be."""
        for number, fault in self._injector.active(Layer.CLOCK, now_ms):
            self._injector.bite(number)
            now_ms += round(fault.value("skew_ms"))
        return now_ms

    async def answer_instead(
        self, path: str, symbol: str | None, headers: Mapping[str, str]
    ) -> Response | None:
        """Wait as long as a fault wants, then return the refusal that a fault gives, or None."""
        for number in self._biting(path, symbol, FaultKind.REST_SLOW):
            self._injector.bite(number)
            await self._wait(self._injector.faults[number].value("delay_s"))
        for kind in (FaultKind.REST_403, FaultKind.REST_418, FaultKind.REST_429, FaultKind.REST_503):
            for number in self._biting(path, symbol, kind):
                self._injector.bite(number)
                return self._refusal(number, dict(headers))
        return None

    def distort(self, path: str, symbol: str | None, body: bytes) -> bytes:
        """Return an answer of aggTrades without the rows that a fault denies."""
        if not path.endswith("/aggTrades"):
            return body
        for number in self._biting(path, symbol, FaultKind.REST_LIE):
            missing = self._injector.faults[number].value("missing")
            rows = json.loads(body)
            # By id, so that asking again gets the same lie.
            kept = [row for row in rows if self._injector.draw(number, "row", symbol, row["a"]) >= missing]
            if len(kept) < len(rows):
                self._injector.bite(number)
                body = compact(kept)
        return body

    def tear(self, path: str, symbol: str | None, body: bytes, headers: dict[str, str]) -> Response | None:
        """Return a response that breaks off within the body, or None."""
        for number in self._biting(path, symbol, FaultKind.REST_TORN):
            self._injector.bite(number)
            draw = self._injector.draw(number, "byte", self._requests)
            stop = cut_point(len(body), draw, self._injector.faults[number].value("at_byte"))
            return _Torn(body, stop, headers)
        return None

    def _biting(self, path: str, symbol: str | None, kind: FaultKind) -> list[int]:
        if not self._injector.any(Layer.REST):
            return []
        self._requests += 1
        active = self._injector.active(
            Layer.REST, self._timeline.now_ms(), kind=kind, symbol=symbol, path=path
        )
        return [number for number, _ in active if self._injector.hits(number, self._requests)]

    def _refusal(self, number: int, headers: dict[str, str]) -> Response:
        fault = self._injector.faults[number]
        match fault.kind:
            case FaultKind.REST_403:
                return Response(_HTML % b"403 Forbidden", 403, headers, "text/html")
            case FaultKind.REST_503:
                return Response(_HTML % b"503 Service Temporarily Unavailable", 503, headers, "text/html")
            case _:
                headers["Retry-After"] = str(math.ceil(fault.value("retry_after_s")))
                banned = fault.kind is FaultKind.REST_418
                body = compact(_BANNED if banned else _TOO_MANY)
                return Response(body, 418 if banned else 429, headers, "application/json")

    async def _wait(self, market_s: float) -> None:
        """Wait in market time, which runs at its own speed and in tests by hand."""
        until_ms = self._timeline.now_ms() + 1000 * market_s
        while self._timeline.now_ms() < until_ms:  # noqa: ASYNC110 - a clock rings no bell
            await asyncio.sleep(_POLL_S)


class _Torn(Response):
    """Promises a whole body and closes the connection within it."""

    def __init__(self, body: bytes, stop: int, headers: dict[str, str]) -> None:
        super().__init__(body, headers=headers, media_type="application/json")
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: self._stop], "more_body": True})
        scope["state"][CLOSE]()
        while (await receive())["type"] != "http.disconnect":
            pass

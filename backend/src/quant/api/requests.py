"""Every request gets an id, a line in the access log and its place in the metrics; what it asks is not looked at."""

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quant.api.ready_frames import EXTENSION, Write
from quant.log import ACCESS, of_request

log = structlog.get_logger(ACCESS)

HEADER = "X-Request-ID"
GIVEN_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ASKED_BY_MACHINES = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MS_PER_S = 1000


class RequestMetrics(Collector):
    """What HTTP and WebSocket do, in the registry of one application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answered = Counter(
            "quant_http_requests",
            "Requests answered, by the path's pattern",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "quant_http_request_duration_seconds",
            "Time from a request's head to the end of its answer",
            ["method", "route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.running = Gauge("quant_http_requests_running", "Requests not answered yet", registry=registry)
        self.sockets = Gauge("quant_websocket_open", "WebSockets that are open", registry=registry)
        self.refused = Counter("quant_websocket_refused", "WebSockets not let in", registry=registry)
        self.evicted = Counter(
            "quant_websocket_evicted",
            "WebSockets closed by the server, by the close code; 1008 did not read",
            ["code"],
            registry=registry,
        )
        # Ten thousand a second are usual: plain numbers, which only the event loop changes, need no lock.
        self.sent_messages = 0
        self.sent_bytes = 0
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        for name, text, value in (
            ("messages", "WebSocket messages sent", self.sent_messages),
            ("bytes", "Text sent in WebSocket messages", self.sent_bytes),
        ):
            yield CounterMetricFamily(f"quant_websocket_sent_{name}", text, value=value)


class Requests:
    """The outermost layer: whatever refuses or answers a request inside, it is told the same way."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex[:12]
        scope.setdefault("state", {})["request_id"] = request_id
        with of_request(request_id):
            if scope["type"] == "http":
                await self._answer(scope, receive, send, request_id)
            else:
                await self._converse(scope, receive, send, request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status, size, begun_s = 500, 0, time.perf_counter()  # 500: what is raised is answered outside

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        metrics = self._metrics
        metrics.running.inc()
        try:
            await self._app(scope, receive, sending)
        finally:
            metrics.running.dec()
            took_s = time.perf_counter() - begun_s
            method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
            route = _route(scope)
            metrics.answered.labels(method, route, str(status)).inc()
            metrics.seconds.labels(method, route).observe(took_s)
            is_routine = scope["path"] in ASKED_BY_MACHINES and status < 400
            tell = log.debug if is_routine else log.info
            tell("http.answered", method=scope["method"], status=status, bytes=size, **_asked(scope, took_s))

    async def _converse(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        metrics = self._metrics
        begun_s = time.perf_counter()
        is_open = False
        code: int | None = None  # while the client has not closed

        async def receiving() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code")
            return message

        async def sending(message: Message) -> None:
            nonlocal is_open, code
            kind = message["type"]
            if kind == "websocket.send":
                metrics.sent_messages += 1
                metrics.sent_bytes += len(message.get("text") or "")
            elif kind == "websocket.accept":
                is_open = True
                metrics.sockets.inc()
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[HEADER] = request_id
                log.info("ws.opened", **_asked(scope))
            elif kind == "websocket.http.response.start":
                code = message["status"]
                metrics.refused.inc()
                MutableHeaders(scope=message)[HEADER] = request_id
            elif kind == "websocket.close":
                code = message.get("code", 1000)
                if is_open:
                    metrics.evicted.labels(str(code)).inc()
                else:
                    metrics.refused.inc()
            await send(message)

        extensions = scope.get("extensions", {})
        write: Write | None = extensions.get(EXTENSION)

        def writing(frame: bytes) -> bool:
            assert write is not None  # noqa: S101  or it is not put there
            if not write(frame):
                return False
            metrics.sent_messages += 1
            metrics.sent_bytes += len(frame)
            return True

        if write is not None:
            extensions[EXTENSION] = writing
        try:
            await self._app(scope, receiving, sending)
        finally:
            if is_open:
                metrics.sockets.dec()
            event = "ws.closed" if is_open else "ws.refused"
            log.info(event, code=code, **_asked(scope, time.perf_counter() - begun_s))


def request_id_of(scope: Scope) -> str:
    """Return the id of a request that has come through `Requests`."""
    return str(scope["state"]["request_id"])


def _route(scope: Scope) -> str:
    """Return the pattern of the path, so that metrics have as many series as there are endpoints."""
    return str(getattr(scope.get("route"), "path", "none"))


def _asked(scope: Scope, took_s: float | None = None) -> dict[str, Any]:  # Any: fields of a log event
    entry = scope["state"].get("entry")  # none where it was refused before anybody looked who asks
    peer = scope.get("client")
    fields: dict[str, Any] = {
        "path": scope["path"],
        "client": entry.address if entry else peer[0] if peer else None,
        "agent": Headers(scope=scope).get("user-agent"),
    }
    if query := scope.get("query_string", b""):
        fields["query"] = query.decode("latin-1")  # not decoded: a secret with an & in it would come apart
    if took_s is not None:
        fields["ms"] = round(took_s * MS_PER_S, 3)
    return fields

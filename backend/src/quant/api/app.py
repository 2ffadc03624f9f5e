"""The HTTP and WebSocket application around an engine."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import entry_points

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute

from quant import __version__
from quant.api import (
    alerts,
    analytics,
    auth,
    dashboard,
    data,
    description,
    export,
    health,
    imports,
    lab,
    metrics,
    problems,
    requests,
    security,
    stream,
    system,
    ws,
)
from quant.api.addresses import HostNames, Peers
from quant.api.allowances import Allowances
from quant.api.body_cap import BodyCap
from quant.api.callers import Callers
from quant.api.compression import Compression
from quant.api.downloads import ExportSlots
from quant.api.folder_size import FolderSize
from quant.api.lifecycle import CutOff, Mistakes, RefusedStart
from quant.api.process_metrics import ProcessMetrics
from quant.api.sockets import OpenSockets
from quant.engine.protocol import Engine
from quant.errors import SettingsError
from quant.heap import settling
from quant.log import configure_logging, tidied
from quant.settings import Settings, load_settings

log = structlog.get_logger()

ROUTERS = (
    stream.router,
    data.router,
    analytics.router,
    lab.router,
    alerts.router,
    imports.router,
    export.router,
    health.router,
    metrics.router,
    system.router,
    auth.router,
    ws.router,
)
DESCRIPTION = """Real-time pair statistics on Binance USD-M Futures trades.

Times are integer milliseconds UTC; `start` and `end` take milliseconds or ISO-8601 and are half-open.
What cannot be computed is `null`, with a `status` and a `reason`. Errors are `application/problem+json`.
Where callers have to sign in, `x-least-role` of an operation is what it asks for: viewer, operator or admin.
Live data come over the WebSocket `/ws`: see the schemas Command, Hello, StatusMessage, BarsMessage,
TicksMessage, QuoteMessage, FundingMessage, PairMessage, MatrixMessage and AlertsMessage.
"""


def create_app(
    engine: Engine | None = None, settings: Settings | None = None, *, handover: str | None = None
) -> FastAPI:
    """Return the application; without arguments, configured by the environment and `.env`.

    Whoever shows the secret `handover` may have files of this machine imported. Logging is set up where the settings
    are the environment's.

    The engine is the one that is registered for the scheme of BUS_URL; it starts and stops with the application.
    """
    if settings is None:  # what calls this is no command of ours, so that nothing else would
        settings = load_settings()
        configure_logging(settings)
    engine = engine or build_engine(settings)
    process_metrics = ProcessMetrics()
    had_file = security.token_file(settings).exists()
    token = security.access_token(settings)
    has_made_token = not had_file and security.token_file(settings).exists()
    callers = Callers(
        engine.accounts,
        token=token,
        handover=handover,
        keys=lambda: security.token_keys(settings),
        is_loopback=settings.is_loopback,
        is_insecure=settings.allow_insecure,
    )
    allowances = Allowances(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Start and stop under a server of others; `quant serve` does the same by itself, and prints where it is."""
        if has_made_token:  # before what may fail: the next start makes none and has nothing to tell
            log.warning(
                "auth.token_made", file=str(security.token_file(settings)), detail=security.TOKEN_MADE
            )
        gc.collect()
        with settling():
            await engine.start()
        try:
            await callers.open()
            if callers.is_open_to_all:
                log.warning("serve.insecure", detail=security.INSECURE)
            async with process_metrics.measured(), tidied():
                yield
        finally:
            await engine.stop()
            gc.unfreeze()  # the process may go on without it

    app = FastAPI(
        title="Quant Analytics Platform",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.engine = engine
    app.state.settings = settings
    app.state.handover = handover
    app.state.export_slots = ExportSlots()
    app.state.process_metrics = process_metrics
    app.state.data_size = FolderSize(settings.data_dir)
    app.state.callers = callers
    app.state.allowances = allowances
    app.state.door = auth.Door(settings, allowances.attempts)
    app.state.sockets = OpenSockets(
        callers, most=settings.max_sockets, most_each=settings.max_sockets_per_caller
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    dashboard.install(app, _endpoints())
    app.add_middleware(Compression)  # innermost: what has not been sent can still be answered in another way
    app.add_middleware(CutOff)
    app.add_middleware(BodyCap)
    origins = security.allowed_origins(settings)
    app.add_middleware(
        security.Guard,
        callers=callers,
        allowances=allowances,
        hosts=HostNames(
            loopback_only=settings.is_loopback,
            allowed=settings.allowed_hosts,
            origins=origins,
            is_open=token is None,
        ),
        origins=origins,
        peers=Peers(settings.trusted_proxies),
    )
    app.add_middleware(Mistakes)
    # Outside of the guard: a page of an allowed origin has to be able to read why it is refused.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=sorted(origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "If-None-Match"],
        expose_headers=[
            "ETag",
            "X-Request-ID",
            "Retry-After",
            "Content-Disposition",
            "X-Market",
            "X-As-Of",
            "X-Next",
        ],
    )
    app.add_middleware(security.SafeHeaders)
    app.add_middleware(requests.Requests, metrics=requests.RequestMetrics(process_metrics.registry))
    app.add_middleware(RefusedStart)
    generate = app.openapi
    app.openapi = lambda: description.completed(generate())  # type: ignore[method-assign]
    return app


def _endpoints() -> dict[str, set[str]]:
    """Return the methods of each path."""
    found: dict[str, set[str]] = {}
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                found.setdefault(route.path, set()).update(route.methods or ())
    return found


def build_engine(settings: Settings) -> Engine:
    """Return the engine that an installed package registers for the scheme of BUS_URL."""
    scheme = settings.bus_url.partition(":")[0]
    found = next(iter(entry_points(group="quant.engines", name=scheme)), None)
    if found is None:
        raise SettingsError(
            f"BUS_URL={settings.bus_url}: no engine is installed for {scheme}:", setting="BUS_URL"
        )
    engine: Engine = found.load()(settings)
    return engine

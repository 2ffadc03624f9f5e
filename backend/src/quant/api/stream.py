"""/stream/*, /symbols, /config: what streams, and from where."""

from fastapi import APIRouter

from quant import __version__
from quant.api import schemas as wire
from quant.api import views
from quant.api.parameters import EngineOf, SettingsOf
from quant.api.problems import responses

router = APIRouter()


@router.post("/stream/start", tags=["stream"], responses=responses(404, 422, 503))
async def start_stream(engine: EngineOf, body: wire.StreamStart | None = None) -> wire.StreamStatus:
    """Add symbols to the stream, switching the source first when one is named.

    Idempotent. Without symbols: AVAILABLE_SYMBOLS, or the market's first twenty when that is empty; with only
    a source, what streamed there before. The set survives a restart.
    """
    wanted = body or wire.StreamStart()
    return views.stream_status(await engine.stream_start(wanted.symbols, source=wanted.source))


@router.post("/stream/stop", tags=["stream"], responses=responses(404, 422, 503))
async def stop_stream(engine: EngineOf, body: wire.StreamStop | None = None) -> wire.StreamStatus:
    """Stop some symbols, or all; what was received stays readable."""
    wanted = body or wire.StreamStop()
    return views.stream_status(await engine.stream_stop(wanted.symbols))


@router.get("/stream/status", tags=["stream"], responses=responses(503))
async def stream_status(engine: EngineOf) -> wire.StreamStatus:
    """How the stream stands: source, connections, every symbol with its trade-id ledger."""
    return views.stream_status(await engine.status())


@router.get("/symbols", tags=["stream"], responses=responses(503))
async def symbols(engine: EngineOf) -> wire.SymbolList:
    """The market's symbols; empty until the source has told them."""
    return views.symbol_list(await engine.symbols())


@router.get("/config", tags=["stream"], responses=responses(503))
async def config(engine: EngineOf, settings: SettingsOf) -> wire.ClientConfig:
    """What a client needs to know before the first data."""
    view = await engine.config()
    return wire.ClientConfig(
        version=__version__,
        market=view.market,
        source=view.source,
        sources=list(view.sources),
        intervals=[interval.name for interval in settings.intervals],
        window=settings.default_rolling_window,
        method=settings.default_regression.value,
        methods=list(view.methods),
        scale=settings.default_scale.value,
        available_symbols=list(settings.available_symbols),
        tick_buffer_size=settings.tick_buffer_size,
    )


@router.get("/simulation/truth", tags=["simulation"], responses=responses(404, 503))
async def simulation_truth(engine: EngineOf) -> wire.SimulationTruth:
    """What the simulated market is made of: the known α, β and half-life of its pairs."""
    return views.simulation_truth(await engine.truth())

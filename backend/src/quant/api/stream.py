"""/stream/*, /symbols, /config: what streams, and from where."""

from fastapi import APIRouter, Response

from quant import __version__
from quant.api import schemas as wire
from quant.api import views
from quant.api.given import instant
from quant.api.parameters import EngineOf, SettingsOf
from quant.api.problems import responses
from quant.api.table_files import TableForm, TableFormat, list_or_file, table_answers
from quant.engine.protocol import ReplayOrder

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


@router.get("/symbols", tags=["stream"], responses=table_answers(422, 503), response_model=wire.SymbolList)
async def symbols(engine: EngineOf, form: TableForm = TableFormat.JSON) -> wire.SymbolList | Response:
    """The market's symbols; empty until the source has told them."""
    return await list_or_file(views.symbol_list(await engine.symbols()), form)


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


@router.get("/replay", tags=["stream"], responses=responses(404, 503))
async def replay(engine: EngineOf) -> wire.Replay:
    """How the recording is being played; 404 where the source is none."""
    return views.replay(await engine.replay())


@router.post("/replay", tags=["stream"], responses=responses(404, 422, 503))
async def control_replay(engine: EngineOf, body: wire.ReplayChange) -> wire.Replay:
    """Pause, hurry or move the recording, and say where it stands then.

    Going ahead plays without waiting up to the position, going back does so from the recording's beginning: what is
    shown then is what was shown there before, to the last bit. The answer comes once it is there, after half a minute
    with `seeking_to` while it is not. Rules fire again as they did; a firing that is in the history is not added to it
    a second time, and no channel hears of it again.
    """
    position = None if body.position is None else instant(str(body.position), "position")
    order = ReplayOrder(position=position, speed=body.speed, paused=body.paused)
    return views.replay(await engine.control_replay(order))


@router.get("/simulation/truth", tags=["simulation"], responses=responses(404, 503))
async def simulation_truth(engine: EngineOf) -> wire.SimulationTruth:
    """What the simulated market is made of: the known α, β and half-life of its pairs."""
    return views.simulation_truth(await engine.truth())

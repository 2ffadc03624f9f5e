"""/data/*: bars, trades, holes, and how much of them is held."""

from typing import Annotated

from fastapi import APIRouter, Query

from quant.api import schemas as wire
from quant.api import views
from quant.api.parameters import BarLimit, End, EngineOf, Start, Symbol, TickLimit
from quant.api.problems import responses

INTERVALS = (
    "one of RESAMPLE_INTERVALS, or tN for bars of N trade ids, vX for bars of X units of the base asset"
)

router = APIRouter(prefix="/data", tags=["data"])


@router.get("/stats", responses=responses(503))
async def stats(engine: EngineOf) -> wire.DataStats:
    """Ticks and bars held in memory, by symbol."""
    return views.data_stats(await engine.stats())


@router.get("/{symbol}", responses=responses(404, 422, 503))
async def bars(
    engine: EngineOf,
    symbol: Symbol,
    start: Start,
    end: End,
    interval: Annotated[str, Query(description=INTERVALS, max_length=20)] = "1m",
    limit: BarLimit = 500,
) -> wire.BarList:
    """OHLCV bars, oldest first; the last one may still be forming (`closed` false).

    Bars of `t500` hold the trade ids from a multiple of 500 on, bars of `v100` 100 units of the base asset, counted
    from the first trade of a UTC day; `time` is that of their first trade.
    """
    return views.bar_list(await engine.bars(symbol.upper(), interval, limit=limit, start=start, end=end))


@router.get("/{symbol}/ticks", responses=responses(404, 422, 503))
async def ticks(
    engine: EngineOf, symbol: Symbol, start: Start, end: End, limit: TickLimit = 500
) -> wire.TickList:
    """Trades by id, oldest first, from the buffer and the stored history; `side` is the aggressor's."""
    return views.tick_list(await engine.ticks(symbol.upper(), limit=limit, start=start, end=end))


@router.get("/{symbol}/gaps", responses=responses(404, 422, 503))
async def gaps(engine: EngineOf, symbol: Symbol, start: Start, end: End) -> wire.GapList:
    """Holes in the symbol's trade ids, live and stored, oldest first."""
    return views.gap_list(await engine.gaps(symbol.upper(), start=start, end=end))


@router.get("/{symbol}/quote", responses=responses(404, 422, 503))
async def quote(
    engine: EngineOf, symbol: Symbol, start: Start, end: End, limit: BarLimit = 60
) -> wire.QuoteList:
    """Best bid and ask: the latest, and the last of each second, oldest first."""
    return views.quote_list(await engine.quotes(symbol.upper(), limit=limit, start=start, end=end))


@router.get("/{symbol}/funding", responses=responses(404, 422, 503))
async def funding(
    engine: EngineOf, symbol: Symbol, start: Start, end: End, limit: BarLimit = 60
) -> wire.FundingList:
    """Mark price, index price and funding rate: the latest, and the last of each second, oldest first."""
    return views.funding_list(await engine.funding(symbol.upper(), limit=limit, start=start, end=end))

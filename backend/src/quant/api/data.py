"""/data/*: bars, trades, holes, and how much of them is held."""

from dataclasses import fields
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from quant import __version__
from quant.api import schemas as wire
from quant.api import views
from quant.api.export_frames import bar_frame, tick_frame
from quant.api.parameters import BarLimit, End, EngineOf, Start, Symbol, TickLimit
from quant.api.problems import responses
from quant.api.table_files import TableForm, TableFormat, list_or_file, table_answers, table_file
from quant.api.validators import is_held, unchanged, validated, validator, with_validator
from quant.engine.protocol import BarsView, TicksView

INTERVALS = (
    "one of RESAMPLE_INTERVALS, or tN for bars of N trade ids, vX for bars of X units of the base asset"
)

router = APIRouter(prefix="/data", tags=["data"])


@router.get("/stats", responses=responses(503))
async def stats(engine: EngineOf) -> wire.DataStats:
    """Ticks and bars held in memory, by symbol."""
    return views.data_stats(await engine.stats())


@router.get("/{symbol}", responses=with_validator(table_answers(404, 422, 503)), response_model=wire.BarList)
async def bars(
    request: Request,
    response: Response,
    engine: EngineOf,
    symbol: Symbol,
    start: Start,
    end: End,
    interval: Annotated[str, Query(description=INTERVALS, max_length=20)] = "1m",
    limit: BarLimit = 500,
    form: TableForm = TableFormat.JSON,
) -> wire.BarList | Response:
    """OHLCV bars, oldest first; the last one may still be forming (`closed` false).

    Bars of `t500` hold the trade ids from a multiple of 500 on, bars of `v100` 100 units of the base asset, counted
    from the first trade of a UTC day; `time` is that of their first trade.
    """
    view = await engine.bars(symbol.upper(), interval, limit=limit, start=start, end=end)
    headers = validated(_validator(view, end, *(getattr(view.bars, each.name) for each in fields(view.bars))))
    if is_held(request, headers):
        return unchanged(headers)
    if form is TableFormat.JSON:
        response.headers.update(headers)
        return views.bar_list(view)
    after = views.cursor(view.next_end)
    as_of = views.ms(view.as_of)
    return await table_file(
        bar_frame(view), form, market=view.market, as_of=as_of, after=after, headers=headers
    )


@router.get(
    "/{symbol}/ticks", responses=with_validator(table_answers(404, 422, 503)), response_model=wire.TickList
)
async def ticks(
    request: Request,
    response: Response,
    engine: EngineOf,
    symbol: Symbol,
    start: Start,
    end: End,
    limit: TickLimit = 500,
    form: TableForm = TableFormat.JSON,
) -> wire.TickList | Response:
    """Trades by id, oldest first, from the buffer and the stored history; `side` is the aggressor's."""
    view = await engine.ticks(symbol.upper(), limit=limit, start=start, end=end)
    headers = validated(_validator(view, end, view.ids, view.times, view.prices, view.sizes, view.sells))
    if is_held(request, headers):
        return unchanged(headers)
    if form is TableFormat.JSON:
        response.headers.update(headers)
        return views.tick_list(view)
    after = views.cursor(view.next_end)
    as_of = views.ms(view.as_of)
    return await table_file(
        tick_frame(view), form, market=view.market, as_of=as_of, after=after, headers=headers
    )


@router.get("/{symbol}/gaps", responses=table_answers(404, 422, 503), response_model=wire.GapList)
async def gaps(
    engine: EngineOf, symbol: Symbol, start: Start, end: End, form: TableForm = TableFormat.JSON
) -> wire.GapList | Response:
    """Holes in the symbol's trade ids, live and stored, oldest first."""
    view = await engine.gaps(symbol.upper(), start=start, end=end)
    return await list_or_file(views.gap_list(view), form)


@router.get("/{symbol}/stored", responses=table_answers(404, 422, 503), response_model=wire.StoredSpanList)
async def stored(
    engine: EngineOf, symbol: Symbol, form: TableForm = TableFormat.JSON
) -> wire.StoredSpanList | Response:
    """What of the symbol can be read and exported: its trades, and its bars by interval."""
    return await list_or_file(views.stored_spans(await engine.stored(symbol.upper())), form)


@router.get("/{symbol}/quote", responses=table_answers(404, 422, 503), response_model=wire.QuoteList)
async def quote(
    engine: EngineOf,
    symbol: Symbol,
    start: Start,
    end: End,
    limit: BarLimit = 60,
    form: TableForm = TableFormat.JSON,
) -> wire.QuoteList | Response:
    """Best bid and ask: the latest, and the last of each second, oldest first."""
    view = await engine.quotes(symbol.upper(), limit=limit, start=start, end=end)
    return await list_or_file(views.quote_list(view), form)


@router.get("/{symbol}/funding", responses=table_answers(404, 422, 503), response_model=wire.FundingList)
async def funding(
    engine: EngineOf,
    symbol: Symbol,
    start: Start,
    end: End,
    limit: BarLimit = 60,
    form: TableForm = TableFormat.JSON,
) -> wire.FundingList | Response:
    """Mark price, index price and funding rate: the latest, and the last of each second, oldest first."""
    view = await engine.funding(symbol.upper(), limit=limit, start=start, end=end)
    return await list_or_file(views.funding_list(view), form)


def _validator(view: BarsView | TicksView, end: int | None, *columns: object) -> str | None:
    """Return the validator of a page of the past; None of one that is part of a topic, whose `seq` it must carry."""
    is_past = end is not None and view.as_of is not None and end <= view.as_of
    return validator(__version__, view.market, view.next_end, *columns) if is_past else None

"""/analytics/*: statistics of a pair, of one symbol's closes, and of all pairs."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response

from quant.api import scans, views
from quant.api import schemas as wire
from quant.api.parameters import (
    MAX_SERIES,
    End,
    EngineOf,
    PairKeyOf,
    ScanOrderOf,
    SeriesLimit,
    SeriesOrPair,
    Start,
)
from quant.api.problems import responses
from quant.api.security import SpendOf
from quant.api.table_files import TableForm, TableFormat, table_answers, table_file
from quant.engine.protocol import SeriesKey

router = APIRouter(prefix="/analytics", tags=["analytics"])
ERRORS = responses(404, 409, 422, 503)


@router.get("/pair", responses=ERRORS)
async def pair(
    engine: EngineOf, key: PairKeyOf, start: Start, end: End, spend: SpendOf, limit: SeriesLimit = MAX_SERIES
) -> wire.PairAnalytics:
    """Hedge ratio, spread, z-score, correlation, ADF, cointegration and half-life of two legs.

    With `end`, as it stood when the bars before that time had closed; one that lies ahead of the market's time is
    none. `start` shortens `series` only.
    """
    view = await engine.pair(key, start=start, end=end, limit=limit, spend=spend)
    return views.pair_analytics(view, role=views.role_of(end, view.as_of))


@router.get("/hedge-ratio", responses=ERRORS)
async def hedge_ratio(
    engine: EngineOf, key: PairKeyOf, start: Start, end: End, spend: SpendOf, limit: SeriesLimit = MAX_SERIES
) -> wire.HedgeRatio:
    """The line of one leg on the other, with its errors and its past."""
    return views.hedge_ratio(await engine.pair(key, start=start, end=end, limit=limit, spend=spend))


@router.get("/spread", responses=ERRORS)
async def spread(
    engine: EngineOf, key: PairKeyOf, start: Start, end: End, spend: SpendOf, limit: SeriesLimit = MAX_SERIES
) -> wire.Spread:
    """`y − β·x`, its window's mean and sd, and how fast deviations halve."""
    return views.spread(await engine.pair(key, start=start, end=end, limit=limit, spend=spend))


@router.get("/zscore", responses=ERRORS)
async def zscore(
    engine: EngineOf, key: PairKeyOf, start: Start, end: End, spend: SpendOf, limit: SeriesLimit = MAX_SERIES
) -> wire.Zscore:
    """How unusual the spread is, and what that says where the pair is cointegrated."""
    view = await engine.pair(key, start=start, end=end, limit=limit, spend=spend)
    return views.zscore(view, role=views.role_of(end, view.as_of))


@router.get("/correlation", responses=ERRORS)
async def correlation(
    engine: EngineOf, key: PairKeyOf, start: Start, end: End, spend: SpendOf, limit: SeriesLimit = MAX_SERIES
) -> wire.Correlation:
    """Pearson's correlation of log returns."""
    return views.correlation(await engine.pair(key, start=start, end=end, limit=limit, spend=spend))


@router.get("/adf", responses=ERRORS)
async def adf(
    engine: EngineOf, of: SeriesOrPair, end: End, spend: SpendOf
) -> wire.PairUnitRoot | wire.SymbolUnitRoot:
    """The test of a unit root: of a pair's residuals, or with `symbol` of one symbol's own closes."""
    if isinstance(of, SeriesKey):
        series = await engine.unit_root(of, end=end, spend=spend)
        return views.symbol_unit_root(series, role=views.role_of(end, series.as_of))
    view = await engine.pair(of, start=None, end=end, limit=1, spend=spend)
    return views.pair_unit_root(view, role=views.role_of(end, view.as_of))


@router.get("/scan", responses=table_answers(404, 409, 422, 503), response_model=wire.PairScan)
async def scan(
    engine: EngineOf,
    order: ScanOrderOf,
    spend: SpendOf,
    limit: Annotated[
        int, Query(ge=1, le=scans.MAX_PAIRS, description="pairs in the answer, those with the least p")
    ] = scans.MAX_PAIRS,
    form: TableForm = TableFormat.JSON,
) -> Response:
    """Engle-Granger over all pairs, corrected for their number: now, or with `start` and `end` over the past."""
    view = await engine.scan(order, spend=spend)
    if form is not TableFormat.JSON:
        frame = await asyncio.to_thread(scans.scan_frame, view, limit=limit)
        return await table_file(frame, form, market=view.market, as_of=views.ms(view.as_of))
    body = await scans.pair_scan(view, limit=limit, role=views.role_of(order.end, view.as_of))
    return Response(body, media_type="application/json")

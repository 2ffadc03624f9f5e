"""/analytics/*: statistics of a pair."""

from typing import Annotated

from fastapi import APIRouter, Query

from quant.api import schemas as wire
from quant.api import views
from quant.api.parameters import MAX_SERIES, End, EngineOf, PairKeyOf, Start
from quant.api.problems import responses

router = APIRouter(prefix="/analytics", tags=["analytics"])


@router.get("/pair", responses=responses(404, 409, 422, 503))
async def pair(
    engine: EngineOf,
    key: PairKeyOf,
    start: Start,
    end: End,
    limit: Annotated[
        int, Query(ge=1, le=MAX_SERIES, description="rows of `series`, the newest")
    ] = MAX_SERIES,
) -> wire.PairAnalytics:
    """Hedge ratio, spread, z-score, correlation, ADF, cointegration and half-life of two legs.

    With `end`, as it stood when the bars before that time had closed. `start` shortens `series` only.
    """
    return views.pair_analytics(await engine.pair(key, start=start, end=end, limit=limit))

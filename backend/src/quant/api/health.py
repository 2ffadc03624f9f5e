"""/livez, /readyz, /healthz: is it up, can it serve, how is it. They answer to HEAD too: monitors ask with it."""

from typing import Any

from fastapi import APIRouter, Response

from quant import __version__
from quant.api import schemas as wire
from quant.api.parameters import EngineOf

router = APIRouter(tags=["health"])
NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": wire.Health, "description": "Not ready, with the reason"}
}


@router.head("/livez", include_in_schema=False)
@router.get("/livez")
async def live() -> wire.Health:
    """The process answers."""
    return wire.Health(status="ok", reason=None, version=__version__)


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses=NOT_READY)
async def ready(engine: EngineOf, response: Response) -> wire.Health:
    """The source is ready: symbols are known and data can flow."""
    readiness = engine.readiness()
    response.status_code = 200 if readiness.status == "ok" else 503
    return wire.Health(status=readiness.status, reason=readiness.reason, version=__version__)


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def health(engine: EngineOf) -> wire.Health:
    """How it goes, always answered with 200."""
    readiness = engine.readiness()
    return wire.Health(status=readiness.status, reason=readiness.reason, version=__version__)

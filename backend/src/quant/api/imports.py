"""/import and /backfill: past trades and bars into the history, and how far that has come."""

import hmac
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import ValidationError

from quant.access.handover import SECRET_HEADER
from quant.api import schemas as wire
from quant.api import views
from quant.api.given import instant
from quant.api.parameters import EngineOf
from quant.api.problems import responses
from quant.engine.protocol import BackfillOrder, ImportOptions
from quant.errors import InvalidParameter, NotAllowed

router = APIRouter(tags=["history"])

MAX_PATHS_BYTES = 4 << 20

JobId = Annotated[str, Path(description="as POST answered it", max_length=40)]
BODIES: dict[str, Any] = {  # Any: a piece of OpenAPI
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": wire.ImportPaths.model_json_schema()},
        },
    }
}


@router.post("/import", responses=responses(403, 413, 422, 503, 507), openapi_extra=BODIES)
async def import_file(
    engine: EngineOf,
    request: Request,
    *,
    name: Annotated[
        str | None,
        Query(
            description="the file's name, which says what it holds",
            max_length=200,
            examples=["BTCUSDT-aggTrades-2025-03-01.zip"],
        ),
    ] = None,
    market: Annotated[str, Query(description="the market it belongs to", max_length=40)] = "binance-um",
    symbol: Annotated[str | None, Query(description="where the name does not say it", max_length=40)] = None,
    interval: Annotated[
        str | None, Query(description="of bars, where the name does not say it", max_length=8)
    ] = None,
    again: Annotated[bool, Query(description="read a file again that was imported before")] = False,
) -> wire.JobStatus:
    """Import a file that is sent as the body: an archive of data.binance.vision, or bars as CSV, Parquet or Feather.

    `curl --data-binary @FILE -H 'Content-Type: application/octet-stream' '…/import?name=FILE'`. Answers a job; ask
    `/import/{id}` how far it is.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        _check_handover(request)
        wanted = await _paths(request)
        options = ImportOptions(wanted.market, _upper(wanted.symbol), wanted.interval, wanted.again)
        return views.job_status(await engine.import_files(wanted.paths, options))
    if name is None:
        raise InvalidParameter("name", "say the file's name: ?name=BTCUSDT-aggTrades-2025-03-01.zip")
    options = ImportOptions(market, _upper(symbol), interval, again)
    return views.job_status(await engine.import_upload(name, request.stream(), options))


@router.get("/import", responses=responses(503))
async def imports(engine: EngineOf) -> wire.JobList:
    """The imports since the server's start, newest first."""
    return views.job_list(await engine.jobs("import"))


@router.get("/import/files", responses=responses(503))
async def imported_files(engine: EngineOf) -> wire.ImportedSpanList:
    """What every file that was ever imported gave, by market and symbol, with the holes in it."""
    return views.imported_spans(await engine.imported())


@router.get("/import/{job_id}", responses=responses(404, 422, 503))
async def import_job(engine: EngineOf, job_id: JobId) -> wire.JobStatus:
    """How far an import is, and what it found."""
    return views.job_status(await engine.job("import", job_id))


@router.post("/backfill", responses=responses(404, 422, 503))
async def backfill(engine: EngineOf, body: wire.Backfill) -> wire.JobStatus:
    """Fetch missing trades from the exchange, which reaches back 48 hours; answers a job."""
    order = BackfillOrder(
        tuple(dict.fromkeys(symbol.strip().upper() for symbol in body.symbols)),
        None if body.start is None else instant(str(body.start), "start"),
        None if body.end is None else instant(str(body.end), "end"),
        body.from_id,
        body.to_id,
    )
    return views.job_status(await engine.backfill(order))


@router.get("/backfill", responses=responses(503))
async def backfills(engine: EngineOf) -> wire.JobList:
    """The back-fills since the server's start, newest first."""
    return views.job_list(await engine.jobs("backfill"))


@router.get("/backfill/{job_id}", responses=responses(404, 422, 503))
async def backfill_job(engine: EngineOf, job_id: JobId) -> wire.JobStatus:
    """How far a back-fill is, and what it brought."""
    return views.job_status(await engine.job("backfill", job_id))


def _check_handover(request: Request) -> None:
    """Raise NotAllowed unless the request shows that its sender may read the data directory."""
    secret: str | None = request.app.state.handover
    shown = request.headers.get(SECRET_HEADER, "")
    if secret is None or not hmac.compare_digest(shown.encode(), secret.encode()):
        raise NotAllowed(
            "files of the server's machine are imported by `quant import` there; send the file itself"
        )


async def _paths(request: Request) -> wire.ImportPaths:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_PATHS_BYTES:
            raise InvalidParameter("body", f"is longer than {MAX_PATHS_BYTES} bytes")
    try:
        return wire.ImportPaths.model_validate_json(bytes(body))
    except ValidationError as error:
        first: Mapping[str, Any] = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidParameter(where, str(first["msg"])) from error


def _upper(symbol: str | None) -> str | None:
    return symbol.strip().upper() if symbol and symbol.strip() else None

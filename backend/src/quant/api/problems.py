"""Our errors as application/problem+json: one handler, one table of statuses."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from quant.api.requests import request_id_of
from quant.api.schemas import Problem
from quant.errors import (
    AlreadyThere,
    ArchiveError,
    ExchangeRejected,
    InvalidInput,
    NoRoom,
    NotAllowed,
    NotEnoughData,
    NotFound,
    NotSignedIn,
    QuantError,
    StorageError,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnknownSymbol,
)

log = structlog.get_logger()

# The first class that fits decides: narrow ones stand before wide ones.
STATUSES: tuple[tuple[type[QuantError], int, str], ...] = (
    (UnknownSymbol, 404, "Unknown symbol"),
    (TooLarge, 413, "Too large"),
    (NotSignedIn, 401, "Not signed in"),
    (NotAllowed, 403, "Refused"),
    (TooManyRequests, 429, "Too many requests"),
    (AlreadyThere, 409, "Already there"),
    (NoRoom, 507, "No room on the disk"),
    (NotFound, 404, "Not found"),
    (NotEnoughData, 409, "Not enough data"),
    (InvalidInput, 422, "Invalid parameter"),
    (ArchiveError, 422, "Unusable file"),
    (Unavailable, 503, "Not available"),
    (ExchangeRejected, 503, "The exchange refused"),
    (StorageError, 503, "The store cannot be read"),
    (QuantError, 500, "Internal error"),
)
MEDIA_TYPE = "application/problem+json"


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the declaration of problem answers for an endpoint."""
    titles = {status: title for _, status, title in reversed(STATUSES)}
    return {
        status: {"description": titles[status], "content": {MEDIA_TYPE: {"schema": problem_schema()}}}
        for status in statuses
    }


def problem_schema() -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{Problem.__name__}"}


def problem(
    request: Request, *, status: int, title: str, code: str, detail: str, values: dict[str, Any] | None = None
) -> JSONResponse:
    """Return a problem answer; `values` stand beside the fixed fields."""
    return _problem(
        request_id(request), status=status, title=title, code=code, detail=detail, values=values or {}
    )


def refusal(error: QuantError, asked: str) -> JSONResponse:
    """Return the problem answer that an error is, to the request of the id `asked`."""
    status, title = next((status, title) for kind, status, title in STATUSES if isinstance(error, kind))
    values = {name: value for name, value in error.values.items() if value is not None}
    if isinstance(error, ExchangeRejected):
        values.pop("status", None)
    return _problem(asked, status=status, title=title, code=error.code, detail=error.message, values=values)


def _problem(
    asked: str, *, status: int, title: str, code: str, detail: str, values: dict[str, Any]
) -> JSONResponse:
    headers = {"X-Request-ID": asked}
    if status == 503:
        headers["Retry-After"] = "1"
    if status == 429:
        headers["Retry-After"] = str(values.get("retry_after_s", 1))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body: dict[str, Any] = {
        "type": f"/docs#problem-{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": asked,
    }
    extra = {name: value for name, value in values.items() if name not in body}
    return JSONResponse(body | extra, status, headers, MEDIA_TYPE)


def mistake(request: Request, error: BaseException) -> JSONResponse:
    """Log an error that is none of ours with its trace, and return the answer, which has nothing of it."""
    log.error("http.failed", path=request.url.path, request_id=request_id(request), exc_info=error)
    detail = "the server made a mistake; its log has the request id"
    return problem(request, status=500, title="Internal error", code="internal_error", detail=detail)


def request_id(request: Request) -> str:
    """Return this request's id, as answer and log bear it."""
    return request_id_of(request.scope)


def install(app: FastAPI) -> None:
    """Have `app` answer every error as a problem."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, QuantError)  # noqa: S101  registered for that class
        return refusal(error, request_id(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        first = error.errors()[0]
        where = [str(part) for part in first["loc"] if part not in ("query", "path", "body")]
        torn = first["type"] == "json_invalid"  # its place is a character's number, which names nothing
        name = "body" if torn else ".".join(where)[:100] or "body"
        detail = f"{name}: {first['msg'].removeprefix('Value error, ')}"
        values = {"parameter": name}
        return problem(
            request,
            status=422,
            title="Invalid parameter",
            code="invalid_parameter",
            detail=detail,
            values=values,
        )

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        if error.status_code == 400:  # FastAPI's word for a body that is no text at all
            return problem(
                request,
                status=422,
                title="Invalid parameter",
                code="invalid_parameter",
                detail=f"body: {error.detail}",
                values={"parameter": "body"},
            )
        title = str(error.detail)
        code = title.lower().replace(" ", "_")
        answer = problem(
            request, status=error.status_code, title=title, code=code, detail=f"{title}: {request.url.path}"
        )
        answer.headers.update(error.headers or {})
        return answer

    async def unexpected(request: Request, error: Exception) -> Response:
        return mistake(request, error)

    handlers: tuple[tuple[type[Exception], Callable[[Request, Exception], Awaitable[Response]]], ...] = (
        (QuantError, ours),
        (RequestValidationError, invalid),
        (HTTPException, refused),
        (Exception, unexpected),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)

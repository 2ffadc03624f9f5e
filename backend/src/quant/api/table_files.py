"""One page of a table as a file, where its JSON answer is a list."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Protocol

import polars as pl
from fastapi import Query, Response

from quant.api.file_formats import MEDIA_TYPES, FileFormat, whole_file
from quant.api.problems import responses
from quant.api.views import ms

NEXT_HEADER = "X-Next"


class TableFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


TableForm = Annotated[
    TableFormat,
    Query(alias="format", description="json, or the same rows as csv, parquet or an arrow stream"),
]


def table_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the declaration of an answer that is JSON or a file, and of its problems."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
    headers = {
        NEXT_HEADER: {"description": "of a file: `next` of the JSON answer", "schema": {"type": "string"}},
        "X-Market": {"description": "of a file: the market of the rows", "schema": {"type": "string"}},
        "X-As-Of": {"description": "of a file: market time, ms", "schema": {"type": "integer"}},
    }
    return {200: {"content": content, "headers": headers}} | responses(*statuses)


class Stamped(Protocol):
    """What rows are of: a market, as it stood at a time (ns)."""

    @property
    def market(self) -> str: ...
    @property
    def as_of(self) -> int | None: ...


async def table_file(
    frame: pl.DataFrame,
    form: TableFormat,
    of: Stamped,
    *,
    after: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the frame as a file, made beside the event loop; what the JSON answer says beside its rows is in headers.

    `after` is the `next` of the JSON answer; `headers` are those that it has, too.
    """
    said: Mapping[str, str | int | None] = {
        "X-Market": of.market,
        "X-As-Of": ms(of.as_of),
        NEXT_HEADER: after,
    }
    told = {name: str(value) for name, value in said.items() if value is not None}
    wanted = FileFormat(form.value)
    content = await asyncio.to_thread(whole_file, frame, wanted)
    return Response(content, media_type=MEDIA_TYPES[wanted], headers=told | dict(headers or {}))

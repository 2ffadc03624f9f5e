"""One page of a table as a file, where its JSON answer is a list."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar, get_args

import polars as pl
from fastapi import Query, Response

from quant.api import schemas as wire
from quant.api.file_formats import MEDIA_TYPES, FileFormat, whole_file
from quant.api.problems import responses
from quant.api.row_frames import row_frame

NEXT_HEADER = "X-Next"
L = TypeVar(
    "L", bound=wire.SymbolList | wire.GapList | wire.StoredSpanList | wire.QuoteList | wire.FundingList
)


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


async def table_file(
    frame: pl.DataFrame,
    form: TableFormat,
    *,
    market: str,
    as_of: int | None,
    after: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the frame as a file, made beside the event loop; what the JSON answer says beside its rows is in headers.

    `as_of` is in ms, `after` is the `next` of the JSON answer, and `headers` are those that it has, too.
    """
    said: Mapping[str, str | int | None] = {"X-Market": market, "X-As-Of": as_of, NEXT_HEADER: after}
    told = {name: str(value) for name, value in said.items() if value is not None}
    wanted = FileFormat(form.value)
    content = await asyncio.to_thread(whole_file, frame, wanted)
    return Response(content, media_type=MEDIA_TYPES[wanted], headers=told | dict(headers or {}))


async def list_or_file(answer: L, form: TableFormat) -> L | Response:
    """Return a list as it is, or its rows as a file, a column for each of their fields."""
    if form is TableFormat.JSON:
        return answer
    (row,) = get_args(type(answer).model_fields["items"].annotation)
    frame = row_frame(row, [each.model_dump() for each in answer.items])
    return await table_file(frame, form, market=answer.market, as_of=answer.as_of, after=answer.next)

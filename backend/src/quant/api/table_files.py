"""One page of a table as a file, where its JSON answer is a list."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import polars as pl
from fastapi import Query, Response

from quant.api.file_formats import MEDIA_TYPES, FileFormat, whole_file
from quant.api.problems import responses

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


def table_file(
    frame: pl.DataFrame, form: TableFormat, *, market: str, as_of: int | None, after: str | None
) -> Response:
    """Return the frame as a file; what the JSON answer says beside its rows is in headers."""
    said: Mapping[str, str | int | None] = {"X-Market": market, "X-As-Of": as_of, NEXT_HEADER: after}
    headers = {name: str(value) for name, value in said.items() if value is not None}
    wanted = FileFormat(form.value)
    return Response(whole_file(frame, wanted), media_type=MEDIA_TYPES[wanted], headers=headers)

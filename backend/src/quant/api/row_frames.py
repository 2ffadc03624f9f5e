"""Rows of the JSON answers as frames: a column for each field of their model, times as times."""

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import polars as pl
from pydantic import BaseModel

from quant.api.export_frames import TIME
from quant.api.schemas import Milliseconds

_MILLISECONDS = get_args(Milliseconds)[1]
_TYPES: dict[Any, Any] = {bool: pl.Boolean, int: pl.Int64, float: pl.Float64}  # the rest is text


def row_frame(model: type[BaseModel], rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows that are dumps of the model; what has names and values of its own becomes one text."""
    hints = get_type_hints(model, include_extras=True)
    return pl.DataFrame([_column(name, hints[name], rows) for name in model.model_fields])


def _column(name: str, hint: Any, rows: Sequence[Mapping[str, Any]]) -> pl.Series:
    kind = _type_of(hint)
    values = [_text(row[name]) if kind == pl.String else row[name] for row in rows]
    return pl.Series(name, values, dtype=pl.Int64 if kind == TIME else kind).cast(kind)


def _type_of(hint: Any) -> Any:  # Any: annotations on the one side, polars' types on the other
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        return TIME if any(mark is _MILLISECONDS for mark in marks) else _type_of(inner)
    if get_origin(hint) in (Union, UnionType):
        return _type_of(next(each for each in get_args(hint) if each is not type(None)))
    return _TYPES.get(hint, pl.String)


def _text(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {text}" for name, text in value.items()) or None
    return None if value is None else str(value)

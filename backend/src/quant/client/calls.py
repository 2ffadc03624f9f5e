"""What can be asked of a server: each call is a request and what to make of its answer, for either kind of client."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

import httpx
import polars as pl

from quant.client.problems import checked
from quant.domain import HedgeMethod, Scale

T = TypeVar("T")
Frame = Any  # pl.DataFrame, or pandas.DataFrame where that was asked for: pandas need not be installed
Json = dict[str, Any]
Time = int | str | datetime
Frames = Literal["polars", "pandas"]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    method: Literal["GET", "POST"]
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = None


def start(symbols: Sequence[str] | None, source: str | None) -> Call[Json]:
    """Return the call that streams symbols; the status is its answer."""
    body = {"symbols": None if symbols is None else list(symbols), "source": source}
    return Call("POST", "/stream/start", _json, body=_given(body))


def stop(symbols: Sequence[str] | None) -> Call[Json]:
    body = {"symbols": None if symbols is None else list(symbols)}
    return Call("POST", "/stream/stop", _json, body=_given(body))


def status() -> Call[Json]:
    return Call("GET", "/stream/status", _json)


def replay() -> Call[Json]:
    return Call("GET", "/replay", _json)


def control_replay(position: Time | None, *, speed: float | None, paused: bool | None) -> Call[Json]:
    """Return the call that changes how a recording is played; where it stands then is its answer."""
    time = None if position is None else _text(position)
    body = {"position": time, "speed": speed, "paused": paused}
    return Call("POST", "/replay", _json, body=_given(body))


def bars(symbol: str, interval: str, start: Time | None, end: Time | None, frames: Frames) -> Call[Frame]:
    """Return the call for all bars of a span, as stored and in memory."""
    params = _params(symbol=symbol, interval=interval, start=start, end=end, format="arrow")
    return Call("GET", "/export/ohlcv", _frame(frames), params)


def ticks(symbol: str, start: Time | None, end: Time | None, frames: Frames) -> Call[Frame]:
    params = _params(symbol=symbol, start=start, end=end, format="arrow")
    return Call("GET", "/export/ticks", _frame(frames), params)


@dataclass(frozen=True, slots=True)
class PairOf:
    """Which numbers of which pair; None is the server's default."""

    symbol_a: str
    symbol_b: str
    interval: str = "1m"
    window: int | None = None
    method: HedgeMethod | str | None = None
    scale: Scale | str | None = None


def pair(of: PairOf, end: Time | None) -> Call[Json]:
    """Return the call for a pair's statistics at its last closed bar (before `end`), without the rolling values."""
    return Call("GET", "/analytics/pair", _json, _params(**_names(of), end=end, limit=1))


def pair_series(of: PairOf, start: Time | None, end: Time | None, frames: Frames) -> Call[Frame]:
    """Return the call for a pair's rolling values, a row for each bar."""
    return Call("GET", "/export", _frame(frames), _params(**_names(of), start=start, end=end, format="arrow"))


def _names(of: PairOf) -> Json:
    return {name: getattr(of, name) for name in PairOf.__dataclass_fields__}


def _given(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def _params(**values: object) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return str(round(moment.timestamp() * 1000))
    return str(value)


def _json(answer: httpx.Response) -> Json:
    found: Json = checked(answer).json()
    return found


def _frame(frames: Frames) -> Callable[[httpx.Response], Frame]:
    def read(answer: httpx.Response) -> Frame:
        frame = pl.read_ipc_stream(io.BytesIO(checked(answer).content))
        return frame if frames == "polars" else _pandas(frame)

    return read


def _pandas(frame: pl.DataFrame) -> Frame:
    """Return the frame for pandas; column by column, so that pyarrow is not needed."""
    import pandas as pd  # type: ignore[import-untyped,unused-ignore]  # installed by whoever asks for it

    columns = {}
    for series in frame.get_columns():
        if series.dtype == pl.Datetime:
            columns[series.name] = pd.to_datetime(series.dt.epoch("ms").to_numpy(), unit="ms", utc=True)
        else:
            columns[series.name] = series.to_list() if series.dtype == pl.String else series.to_numpy()
    return pd.DataFrame(columns)

"""Parameters that several endpoints share; validation is in the types."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from quant.clock import NS_PER_MS
from quant.domain import HedgeMethod, Pair, Scale
from quant.engine.protocol import Engine, PairKey
from quant.errors import InvalidParameter
from quant.settings import Settings

MAX_MS = 9_000_000_000_000  # nanoseconds stay within int64
MAX_BARS = 4096
MAX_TICKS = 10_000
MAX_SERIES = 1500


def engine_of(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


EngineOf = Annotated[Engine, Depends(engine_of)]
SettingsOf = Annotated[Settings, Depends(settings_of)]


def instant(text: str, name: str) -> int:
    """Return integer milliseconds or an ISO-8601 time (UTC where it names no zone) as ns."""
    try:
        if text.isascii() and text.isdigit():
            milliseconds = int(text)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        milliseconds = -1
    if not 0 <= milliseconds < MAX_MS:
        raise InvalidParameter(name, f"{text[:40]!r} is neither milliseconds nor an ISO-8601 time")
    return milliseconds * NS_PER_MS


def _start(
    start: Annotated[
        str | None, Query(description="from this time on: ms or ISO-8601", max_length=40)
    ] = None,
) -> int | None:
    return None if start is None else instant(start, "start")


def _end(
    end: Annotated[str | None, Query(description="before this time: ms or ISO-8601", max_length=40)] = None,
) -> int | None:
    return None if end is None else instant(end, "end")


Start = Annotated[int | None, Depends(_start)]
End = Annotated[int | None, Depends(_end)]
Symbol = Annotated[str, Path(description="a symbol of the market", examples=["BTCUSDT"], max_length=40)]
BarLimit = Annotated[int, Query(ge=1, le=MAX_BARS, description="at most this many, the newest")]
TickLimit = Annotated[int, Query(ge=1, le=MAX_TICKS, description="at most this many, the newest")]


def _pair_key(
    settings: SettingsOf,
    symbol_a: Annotated[str, Query(description="the dependent leg, y", examples=["BTCUSDT"], max_length=40)],
    symbol_b: Annotated[str, Query(description="the hedge leg, x", examples=["ETHUSDT"], max_length=40)],
    interval: Annotated[
        str, Query(description="bar length, one of RESAMPLE_INTERVALS", max_length=20)
    ] = "1m",
    window: Annotated[int | None, Query(description="bars of a fit; default DEFAULT_ROLLING_WINDOW")] = None,
    method: Annotated[
        str | None,
        Query(description="ols, huber, theil_sen, kalman or tls; default DEFAULT_REGRESSION", max_length=20),
    ] = None,
    scale: Annotated[
        str | None, Query(description="level or log; default DEFAULT_SCALE", max_length=10)
    ] = None,
) -> PairKey:
    try:
        scaled = Scale(scale.lower()) if scale else settings.default_scale
    except ValueError:
        raise InvalidParameter("scale", f"{scale!r} is not level or log") from None
    return PairKey(
        Pair(symbol_a.strip().upper(), symbol_b.strip().upper()),
        interval,
        settings.default_rolling_window if window is None else window,
        HedgeMethod.parse(method) if method else settings.default_regression,
        scaled,
    )


PairKeyOf = Annotated[PairKey, Depends(_pair_key)]

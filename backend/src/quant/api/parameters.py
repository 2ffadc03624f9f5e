"""Parameters that several endpoints share; validation is in the types."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from quant.api.given import TEXT, instant
from quant.domain import HedgeMethod, Pair, Scale
from quant.engine.protocol import Engine, PairKey, ScanOrder, SeriesKey
from quant.errors import InvalidParameter
from quant.settings import Settings

MAX_BARS = 4096
MAX_TICKS = 10_000
MAX_SERIES = 1500
AT_LEAST_ONE: dict[str, Any] = {"minimum": 1}  # how much is too much, the engine says with its limit


def engine_of(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


EngineOf = Annotated[Engine, Depends(engine_of)]
SettingsOf = Annotated[Settings, Depends(settings_of)]


def _in_any_case(*words: str) -> dict[str, Any]:
    """Return the schema of a text that is one of the words, however it is written, or empty."""

    def spelled(letter: str) -> str:
        return "[-_ ]" if letter == "_" else f"[{letter}{letter.upper()}]"

    return {"pattern": f"^(?:|{'|'.join(''.join(map(spelled, word)) for word in words)})$"}


def _start(
    start: Annotated[
        str | None,
        Query(description="from this time on: ms or ISO-8601", max_length=40, json_schema_extra=TEXT),
    ] = None,
) -> int | None:
    return None if start is None else instant(start, "start")


def _end(
    end: Annotated[
        str | None,
        Query(description="before this time: ms or ISO-8601", max_length=40, json_schema_extra=TEXT),
    ] = None,
) -> int | None:
    return None if end is None else instant(end, "end")


Start = Annotated[int | None, Depends(_start)]
End = Annotated[int | None, Depends(_end)]
Symbol = Annotated[str, Path(description="a symbol of the market", examples=["BTCUSDT"], max_length=40)]
BarLimit = Annotated[int, Query(ge=1, le=MAX_BARS, description="at most this many, the newest")]
TickLimit = Annotated[int, Query(ge=1, le=MAX_TICKS, description="at most this many, the newest")]


LegA = Annotated[str, Query(description="the dependent leg, y", examples=["BTCUSDT"], max_length=40)]
LegB = Annotated[str, Query(description="the hedge leg, x", examples=["ETHUSDT"], max_length=40)]
IntervalName = Annotated[str, Query(description="bar length, one of RESAMPLE_INTERVALS", max_length=20)]
Window = Annotated[
    int | None,
    Query(description="bars of a fit; default DEFAULT_ROLLING_WINDOW", json_schema_extra=AT_LEAST_ONE),
]
MethodName = Annotated[
    str | None,
    Query(
        description="ols, huber, theil_sen, kalman or tls; default DEFAULT_REGRESSION",
        max_length=20,
        json_schema_extra=_in_any_case(*(method.value for method in HedgeMethod)),
    ),
]
_SCALES = _in_any_case(*(scale.value for scale in Scale))
ScaleName = Annotated[
    str | None,
    Query(description="level or log; default DEFAULT_SCALE", max_length=10, json_schema_extra=_SCALES),
]
SeriesLimit = Annotated[int, Query(ge=1, le=MAX_SERIES, description="rows of `series`, the newest")]


def parse_scale(scale: str | None, *, default: Scale) -> Scale:
    """Return the scale that the text names, whatever its case; raise InvalidParameter otherwise."""
    try:
        return Scale(scale.lower()) if scale else default
    except ValueError:
        raise InvalidParameter("scale", f"{scale!r} is not level or log") from None


def symbol_name(text: str) -> str:
    """Return a symbol as the market spells it."""
    return text.strip().upper()


def _pair_key(
    settings: SettingsOf,
    symbol_a: LegA,
    symbol_b: LegB,
    interval: IntervalName = "1m",
    window: Window = None,
    method: MethodName = None,
    scale: ScaleName = None,
) -> PairKey:
    return PairKey(
        Pair(symbol_name(symbol_a), symbol_name(symbol_b)),
        interval,
        settings.default_rolling_window if window is None else window,
        HedgeMethod.parse(method) if method else settings.default_regression,
        parse_scale(scale, default=settings.default_scale),
    )


def _series_or_pair(
    settings: SettingsOf,
    symbol: Annotated[
        str | None, Query(description="one symbol, for its own closes", examples=["BTCUSDT"], max_length=40)
    ] = None,
    symbol_a: Annotated[str | None, Query(description="the dependent leg, y", max_length=40)] = None,
    symbol_b: Annotated[str | None, Query(description="the hedge leg, x", max_length=40)] = None,
    interval: IntervalName = "1m",
    window: Window = None,
    method: MethodName = None,
    scale: ScaleName = None,
) -> SeriesKey | PairKey:
    if symbol is None:
        for name, leg in (("symbol_a", symbol_a), ("symbol_b", symbol_b)):
            if leg is None:
                raise InvalidParameter(name, "is missing: a test is of symbol_a and symbol_b, or of symbol")
        assert symbol_a is not None and symbol_b is not None  # noqa: S101, PT018  the loop looked
        return _pair_key(settings, symbol_a, symbol_b, interval, window, method, scale)
    if symbol_a is not None or symbol_b is not None:
        raise InvalidParameter("symbol", "stands alone: leave out symbol_a and symbol_b, or symbol")
    bars = settings.default_rolling_window if window is None else window
    return SeriesKey(symbol_name(symbol), interval, bars, parse_scale(scale, default=settings.default_scale))


def _scan_order(
    start: Start,
    end: End,
    symbols: Annotated[
        str | None,
        Query(description="comma list; none = all streaming symbols, or all stored ones", max_length=20_000),
    ] = None,
    interval: IntervalName = "1m",
    window: Annotated[
        int | None,
        Query(
            description="bars to test, the newest; default all from `start` on, else 1440",
            json_schema_extra=AT_LEAST_ONE,
        ),
    ] = None,
    scale: Annotated[
        str | None, Query(description="log (default) or level", max_length=10, json_schema_extra=_SCALES)
    ] = None,
    *,
    calibrate: Annotated[
        bool,
        Query(description="hold each pair with a small q against its own heavy tails; takes longer"),
    ] = False,
) -> ScanOrder:
    named = None
    if symbols is not None:
        named = tuple(name for part in symbols.split(",") if (name := symbol_name(part)))
    return ScanOrder(interval, window, parse_scale(scale, default=Scale.LOG), named, start, end, calibrate)


SeriesOrPair = Annotated[SeriesKey | PairKey, Depends(_series_or_pair)]
ScanOrderOf = Annotated[ScanOrder, Depends(_scan_order)]
PairKeyOf = Annotated[PairKey, Depends(_pair_key)]

"""The table of what can go wrong: each kind, where it acts, what it may aim at and its parameters.

Times are seconds or ms of market time, so that a plan means the same at any speed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DAY_S = 86_400.0


class FaultKind(StrEnum):
    # what the exchange itself is, on the wire and by REST alike
    HALT = "halt"
    SETTLE = "settle"
    CONFIRMED_HOLE = "confirmed_hole"
    REWIND_T = "rewind_t"
    DELIST = "delist"
    ENLIST = "enlist"
    NON_ASCII = "non_ascii"
    # a connection that is being made
    UPGRADE_503 = "upgrade_503"
    HANDSHAKE_CUT = "handshake_cut"
    ACCEPT_CLOSE = "accept_close"
    HANDSHAKE_SILENCE = "handshake_silence"
    # a connection that stands
    CUT = "cut"
    CLOSE_1008 = "close_1008"
    BLACK_HOLE = "black_hole"
    LIFE = "life"
    # subscriptions and messages
    ACK_SILENCE = "ack_silence"
    ALL_SILENT = "all_silent"
    STREAM_SILENT = "stream_silent"
    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"
    BURST = "burst"
    TORN_JSON = "torn_json"
    WRONG_TYPES = "wrong_types"
    NOT_A_NUMBER = "not_a_number"
    INVALID_UTF8 = "invalid_utf8"
    BINARY_FRAME = "binary_frame"
    HUGE_FRAME = "huge_frame"
    FRAGMENT = "fragment"
    UNKNOWN_EVENT = "unknown_event"
    FORWARD_T = "forward_t"
    # the exchange's clock
    SKEW = "skew"
    # REST
    REST_429 = "rest_429"
    REST_418 = "rest_418"
    REST_403 = "rest_403"
    REST_503 = "rest_503"
    REST_SLOW = "rest_slow"
    REST_TORN = "rest_torn"
    REST_LIE = "rest_lie"


class Layer(StrEnum):
    """Who carries a fault out."""

    MARKET = "market"
    DOOR = "door"
    CONNECTION = "connection"
    SUBSCRIPTION = "subscription"
    MESSAGE = "message"
    CLOCK = "clock"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of a fault: its default (NaN: drawn from the seed) and the range it must lie in."""

    default: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What one kind needs; a fault with neither duration nor count gets `default_count`."""

    layer: Layer
    targets: frozenset[str]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    default_count: int | None = None
    needs_symbol: bool = False
    lasts_for_ever: bool = False  # neither duration nor count has a meaning
    needs_duration: bool = False
    counts: bool = True  # `count` has a meaning: what the exchange is cannot depend on who looked


_NOWHERE: frozenset[str] = frozenset()
_SYMBOL = frozenset({"symbol"})
_CONNECTION = frozenset({"connection"})
_STREAM = frozenset({"symbol", "stream", "connection"})
_REST = frozenset({"symbol", "path"})
DRAWN = float("nan")

_BYTE = Parameter(DRAWN, 0, 1 << 20)
_TOGETHER = {"together": Parameter(0, 0, 1)}  # 1: every connection loses the same messages
_RETRY = Parameter(5, 0, 86_400)


def _market(
    *,
    for_ever: bool = False,
    needs_symbol: bool = True,
    targets: frozenset[str] = _SYMBOL,
    **parameters: Parameter,
) -> KindSpec:
    return KindSpec(
        Layer.MARKET,
        targets,
        parameters,
        needs_symbol=needs_symbol,
        lasts_for_ever=for_ever,
        needs_duration=not for_ever,
        counts=False,
    )


def _door(**parameters: Parameter) -> KindSpec:
    return KindSpec(Layer.DOOR, _CONNECTION, parameters, default_count=1)


def _connection(*, default_count: int | None = 1, **parameters: Parameter) -> KindSpec:
    return KindSpec(Layer.CONNECTION, _CONNECTION, parameters, default_count=default_count)


def _message(**parameters: Parameter) -> KindSpec:
    return KindSpec(Layer.MESSAGE, _STREAM, _TOGETHER | parameters)


def _rest(**parameters: Parameter) -> KindSpec:
    return KindSpec(Layer.REST, _REST, parameters)


KINDS: Mapping[FaultKind, KindSpec] = {
    # No trades at all: they never happened, and ids go on without a hole.
    FaultKind.HALT: _market(needs_symbol=False),
    FaultKind.SETTLE: _market(for_ever=True),
    # Ids that neither a stream nor REST ever gives.
    FaultKind.CONFIRMED_HOLE: _market(needs_symbol=False),
    FaultKind.REWIND_T: _market(needs_symbol=False, by_ms=Parameter(2_000, 1, 60_000)),
    FaultKind.DELIST: _market(for_ever=True),
    FaultKind.ENLIST: _market(for_ever=True),
    FaultKind.NON_ASCII: _market(for_ever=True, needs_symbol=False, targets=_NOWHERE),
    FaultKind.UPGRADE_503: _door(),
    FaultKind.HANDSHAKE_CUT: _door(at_byte=_BYTE),
    FaultKind.ACCEPT_CLOSE: _door(),
    FaultKind.HANDSHAKE_SILENCE: _door(),
    FaultKind.CUT: _connection(at_byte=_BYTE),
    FaultKind.CLOSE_1008: _connection(),
    FaultKind.BLACK_HOLE: _connection(),
    FaultKind.LIFE: _connection(default_count=None, life_s=Parameter(60, 0, DAY_S)),
    FaultKind.ACK_SILENCE: KindSpec(Layer.SUBSCRIPTION, _STREAM),
    FaultKind.ALL_SILENT: KindSpec(Layer.MESSAGE, _CONNECTION, _TOGETHER),
    FaultKind.STREAM_SILENT: _message(),
    FaultKind.DROP: _message(),
    FaultKind.DUPLICATE: _message(copies=Parameter(1, 1, 20)),
    FaultKind.REORDER: _message(distance=Parameter(3, 1, 1_000), within_ms=Parameter(1_000, 1, 60_000)),
    FaultKind.DELAY: _message(delay_ms=Parameter(500, 1, 600_000), jitter_ms=Parameter(0, 0, 600_000)),
    # Silence, then at the end of the window everything from it, `factor` times as fast.
    FaultKind.BURST: KindSpec(
        Layer.MESSAGE, _STREAM, _TOGETHER | {"factor": Parameter(10, 1, 1_000)}, needs_duration=True
    ),
    FaultKind.TORN_JSON: _message(at_byte=_BYTE),
    FaultKind.WRONG_TYPES: _message(),
    FaultKind.NOT_A_NUMBER: _message(),
    FaultKind.INVALID_UTF8: _message(),
    FaultKind.BINARY_FRAME: _message(),
    FaultKind.HUGE_FRAME: _message(size_bytes=Parameter(1 << 20, 1_000, 4 << 20)),
    FaultKind.FRAGMENT: _message(pieces=Parameter(3, 2, 50)),
    FaultKind.UNKNOWN_EVENT: _message(),
    # A trade's time far ahead of its message's; REST tells the right one.
    FaultKind.FORWARD_T: _message(by_ms=Parameter(3_600_000, 120_000, 365 * DAY_S * 1000)),
    FaultKind.SKEW: KindSpec(
        Layer.CLOCK, _NOWHERE, {"skew_ms": Parameter(1_500, -DAY_S * 1000, DAY_S * 1000)}
    ),
    FaultKind.REST_429: _rest(retry_after_s=_RETRY),
    FaultKind.REST_418: _rest(retry_after_s=_RETRY),
    FaultKind.REST_403: _rest(),
    FaultKind.REST_503: _rest(),
    FaultKind.REST_SLOW: _rest(delay_s=Parameter(5, 0.001, 600)),
    FaultKind.REST_TORN: _rest(at_byte=_BYTE),
    # `missing` is the share of rows left out of aggTrades; 1 denies them all.
    FaultKind.REST_LIE: _rest(missing=Parameter(0.3, 0, 1)),
}

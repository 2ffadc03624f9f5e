"""What is observed of a metric at one moment."""

from collections.abc import Mapping

from msgspec import Struct


class TradeSpan(Struct, frozen=True, gc=False):
    """The trades behind a number: lowest and highest id."""

    symbol: str
    first_id: int
    last_id: int


class Reading(Struct, frozen=True, gc=False):
    """One observation of a metric: a Struct, for thousands are made at every step; out of the garbage collector's
    sight, since it refers to nothing that could refer to it, and collections at 10,000 rules take 70 ms.

    `bar_time` is the open time (ns) of the newest bar in it, None for what is observed at a boundary. A reading of the
    same bar takes the place of the one before; so does, without a bar, one of the same value. `suspended` says why the
    value cannot be used, empty where it can; a value that is not finite cannot be used either. `quality` counts the
    bars behind it by their quality.
    """

    value: float
    bar_time: int | None = None
    revision: int = 0
    suspended: str = ""
    quality: Mapping[str, int] | None = None
    trades: tuple[TradeSpan, ...] = ()

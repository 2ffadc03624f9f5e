"""What the models of several routes are made of."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Milliseconds = Annotated[
    int, Field(description="milliseconds since the epoch, UTC", examples=[1763819520000])
]
StreamState = Literal["connecting", "live", "quiet", "stale", "gap", "halted", "stopped"]
BarQuality = Literal["complete", "partial", "quiet", "gap", "backfilled", "kline"]
Signal = Literal["sell", "buy", "neutral", "none"]
TestRole = Annotated[
    Literal["descriptive", "formation"],
    Field(
        description="descriptive: computed anew with every bar, a p of it is no verdict on the pair; "
        "formation: of a window that the request ended with `end`"
    ),
]
ResultStatus = Literal[
    "ok",
    "too_short",
    "missing",
    "zero_variance",
    "duplicate",
    "near_perfect",
    "not_reverting",
    "oscillating",
    "singular",
    "stale",
]


class Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Problem(Wire):
    """application/problem+json; the values that explain the error stand beside these fields."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str


class MarketHeader(Wire):
    market: Annotated[
        str, Field(description="the market the data belong to", examples=["sim-7", "binance-um"])
    ]
    as_of: Annotated[Milliseconds | None, Field(description="market time; null before the first data")]

"""The simulated market's truth, how the server is, and what a client has to know of it."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.schemas.shared import Wire


class TruePair(Wire):
    symbol_a: str
    symbol_b: str
    kind: Literal["cointegrated", "correlated", "independent"]
    scale: Literal["level", "log"]
    alpha: float | None
    beta: float | None
    noise_sd: float | None
    half_life_s: float | None
    correlation: float | None


class SimulationTruth(Wire):
    market: str
    seed: int
    pairs: list[TruePair]


class Health(Wire):
    status: Literal["ok", "starting", "degraded"]
    reason: str | None
    version: str


class ClientConfig(Wire):
    """What the dashboard needs to know before the first data."""

    version: str
    market: str
    source: str
    sources: Annotated[list[str], Field(description="sources one click away", examples=[["binance", "sim"]])]
    intervals: list[str]
    window: int
    method: Literal["ols", "huber", "theil_sen", "kalman", "tls"]
    methods: Annotated[list[str], Field(description="hedge methods this server computes")]
    scale: Literal["level", "log"]
    available_symbols: list[str]
    tick_buffer_size: int

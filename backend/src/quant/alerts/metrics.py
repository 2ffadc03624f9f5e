"""The numbers that a rule may watch: of what, in which unit, over which bars, and whether between closes too."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from quant.domain import HedgeMethod, Pair, Scale


class Metric(StrEnum):
    PRICE = "price"
    RETURN = "return"
    VOLUME = "volume"
    VOLATILITY = "volatility"
    TICK_RATE = "tick_rate"
    SPREAD = "spread"
    ZSCORE = "zscore"
    CORRELATION = "correlation"
    HEDGE_RATIO = "hedge_ratio"
    ADF_PVALUE = "adf_pvalue"
    COINT_PVALUE = "coint_pvalue"
    HALF_LIFE = "half_life"
    STALENESS = "staleness"


class Need(Enum):
    """Whether a condition on a metric has a field."""

    NO = "takes none"
    MAY = "may have one"
    MUST = "needs one"


class Liveness(Enum):
    """When a metric is observed: at closes of bars, or at boundaries of 100 ms as well."""

    CLOSES = "at closes alone"
    ON_REQUEST = "at closes, with `live` at boundaries"
    ALWAYS = "at boundaries"


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """What a metric is of, and which fields a condition on it has.

    `least_window` counts bars and is the smallest that means something; `usual_window` stands in for a missing one,
    where None asks the server for its default. With an interval, a price is that of closed bars. `outlasts_silence`
    marks what is known while its symbol is stale, halted or in a gap.
    """

    subject: Literal["symbol", "pair"]
    unit: str
    meaning: str
    interval: Need
    window: Need
    liveness: Liveness
    least_window: int = 1
    usual_window: int | None = None
    outlasts_silence: bool = False


def _pair(unit: str, meaning: str, liveness: Liveness = Liveness.CLOSES) -> MetricSpec:
    return MetricSpec("pair", unit, meaning, Need.MUST, Need.MAY, liveness, least_window=10)


METRICS: Mapping[Metric, MetricSpec] = MappingProxyType(
    {
        Metric.PRICE: MetricSpec(
            "symbol",
            "quote units",
            "the last trade's price; with an interval the close of its last closed bar",
            Need.MAY,
            Need.NO,
            Liveness.ALWAYS,
        ),
        Metric.RETURN: MetricSpec(
            "symbol",
            "fraction",
            "close over the close `window` bars before, less 1",
            Need.MUST,
            Need.MAY,
            Liveness.ON_REQUEST,
            usual_window=1,
        ),
        Metric.VOLUME: MetricSpec(
            "symbol",
            "base units",
            "sum over the last `window` bars",
            Need.MUST,
            Need.MAY,
            Liveness.ON_REQUEST,
            usual_window=1,
        ),
        Metric.VOLATILITY: MetricSpec(
            "symbol",
            "fraction per bar",
            "standard deviation (ddof=1) of the last `window` log returns, not annualised",
            Need.MUST,
            Need.MUST,
            Liveness.CLOSES,
            least_window=2,
        ),
        Metric.TICK_RATE: MetricSpec(
            "symbol",
            "trades per second",
            "over the last 60 s of market time",
            Need.NO,
            Need.NO,
            Liveness.ALWAYS,
        ),
        Metric.SPREAD: _pair("units of the scale", "y − β x", Liveness.ON_REQUEST),
        Metric.ZSCORE: _pair(
            "standard deviations", "the spread in those of the fit before it", Liveness.ON_REQUEST
        ),
        Metric.CORRELATION: _pair("−1 to 1", "of the returns of the last `window` bars"),
        Metric.HEDGE_RATIO: _pair("y units per x unit, or elasticity in logs", "β of the fit"),
        Metric.ADF_PVALUE: _pair("0 to 1", "p-value of the augmented Dickey-Fuller test of the spread"),
        Metric.COINT_PVALUE: _pair("0 to 1", "p-value of the Engle-Granger test"),
        Metric.HALF_LIFE: _pair("bars", "until half of a deviation of the spread is gone"),
        Metric.STALENESS: MetricSpec(
            "symbol",
            "seconds",
            "market time since the last trade",
            Need.NO,
            Need.NO,
            Liveness.ALWAYS,
            outlasts_silence=True,
        ),
    }
)


class MetricKey(Struct, frozen=True, cache_hash=True, omit_defaults=True):
    """Which number: one of these is computed once, however many rules watch it.

    A Struct, for its hash is taken once: thousands of them are looked up at every step. `live` numbers are observed
    at boundaries of 100 ms, the others at closes.
    """

    metric: Metric
    symbol: str | None = None
    pair: Pair | None = None
    interval: str | None = None
    window: int | None = None
    method: HedgeMethod | None = None
    scale: Scale | None = None
    live: bool = False

    @property
    def spec(self) -> MetricSpec:
        return METRICS[self.metric]

    @property
    def subject(self) -> str:
        return self.symbol or str(self.pair)

    def __str__(self) -> str:
        parts = [self.metric, self.subject, self.interval, self.window, self.method, self.scale]
        live = ["live"] if self.live and self.spec.liveness is Liveness.ON_REQUEST else []
        return ":".join([str(part) for part in parts if part is not None] + live)

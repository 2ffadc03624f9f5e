"""All pairs tested at once."""

from typing import Annotated, Literal

from pydantic import Field

from quant.api.schemas.pairs import WindowQuality
from quant.api.schemas.shared import MarketHeader, Milliseconds, ResultStatus, TestRole, Wire


class ScannedPair(Wire):
    """One pair of a scan, y = `symbol_a`; `p_value` is min(1, 2·min) over both directions."""

    symbol_a: str
    symbol_b: str
    alpha: float | None
    beta: float | None
    statistic: Annotated[float | None, Field(description="of y on x")]
    statistic_xy: Annotated[float | None, Field(description="of x on y")]
    direction: Annotated[
        Literal["y_on_x", "x_on_y"] | None, Field(description="the regression with the less p, which decides")
    ]
    p_value: float | None
    p_yx: float | None
    p_xy: float | None
    p_calibrated: Annotated[
        float | None,
        Field(description="under the pair's own null; null where the scan is not `calibrated`"),
    ]
    q_value: Annotated[float | None, Field(description="Benjamini-Yekutieli over all pairs tested")]
    lags: Annotated[int | None, Field(description="of y on x")]
    lags_xy: Annotated[int | None, Field(description="of x on y")]
    half_life: Annotated[float | None, Field(description="in bars")]
    half_life_seconds: float | None
    half_life_status: ResultStatus
    correlation: Annotated[float | None, Field(description="of log returns")]
    zscore: float | None
    holdout: Annotated[
        Literal["not_tried", "screened_out", "failed", "survived"],
        Field(description="screened on the first part of the window, tested on the second"),
    ]
    holdout_p: float | None
    holdout_q: Annotated[float | None, Field(description="over the pairs that passed the screen")]
    status: ResultStatus
    reason: str | None
    reasons: Annotated[
        dict[str, str],
        Field(
            description="why a number of a pair that was tested is null, by the number's name",
            examples=[{"half_life": "phi is not negative: the residuals do not return"}],
        ),
    ]


class PairScan(MarketHeader):
    """All pairs of the symbols on one window of closed bars, the least p first, pairs without one last."""

    seq: Annotated[
        int | None, Field(description="of the topic matrix:INTERVAL:WINDOW; null for a scan of anything else")
    ]
    interval: str
    window: int
    scale: Literal["level", "log"]
    status: ResultStatus
    reason: str | None
    have: int
    need: int
    first_time: Milliseconds | None
    last_time: Milliseconds | None
    symbols: list[str]
    quality: Annotated[
        dict[str, WindowQuality], Field(description="each symbol's bars of the window, by their quality")
    ]
    method: Annotated[Literal["engle_granger"], Field(description="both directions, constant, OLS residuals")]
    role: TestRole
    n: Annotated[int | None, Field(description="bars that every pair was tested on")]
    trend: Annotated[Literal["c"], Field(description="deterministic terms of the line: a constant")]
    autolag: Annotated[str | None, Field(description="how each regression's lags were chosen")]
    max_lag: Annotated[int | None, Field(description="the most lags that were tried")]
    critical_values: Annotated[
        dict[str, float] | None,
        Field(description="of `statistic` and `statistic_xy`, MacKinnon's for two series"),
    ]
    level: Annotated[float | None, Field(description="at which pairs are counted and survive")]
    calibrated: Annotated[
        bool,
        Field(
            description="false: q rests on MacKinnon's p, which heavy tails and jumps make too small; "
            "`calibrate=true` holds each pair with a small q against its own null"
        ),
    ]
    holdout_share: Annotated[
        float | None,
        Field(description="share of the bars, the last ones, that tests what the others screened"),
    ]
    screen: Annotated[float | None, Field(description="p up to which a pair passes on the first bars")]
    fit: Annotated[
        float | None,
        Field(description="R² from which on it passes; with a p of at most 0.001 whatever its R²"),
    ]
    pairs_tested: int
    expected_false: Annotated[
        float, Field(description="pairs that would be under 5 % by chance if no two legs were cointegrated")
    ]
    found: Annotated[int, Field(description="pairs under 5 %")]
    null: str | None
    items: list[ScannedPair]

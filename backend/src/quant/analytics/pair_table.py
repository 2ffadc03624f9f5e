"""All pairs of a universe as columns."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from quant.analytics import mackinnon
from quant.analytics.cointegration import NULL
from quant.analytics.findings import STATUSES, Findings, LagRule
from quant.analytics.multiplicity import benjamini_yekutieli
from quant.analytics.results import Direction, Status
from quant.analytics.stationarity import MIN_BARS
from quant.domain import BoolArray, FloatArray, IntArray, Scale

Words = NDArray[np.str_]
Texts = NDArray[np.object_]

# Words of a pair's status, as the tests of a single pair put them.
REASONS = {
    Status.OK: "",
    Status.NEAR_PERFECT: "1 - R² is under 1.5e-6: the residuals are near rounding",
    Status.TOO_SHORT: "a cointegration test needs {need} bars, there are {n}",
    Status.MISSING: "a bar of the window is missing",
    Status.STALE: "",  # says which leg, by its own words
    Status.ZERO_VARIANCE: "a leg does not move",
    Status.DUPLICATE: "the legs are one series up to scale and shift",
    Status.SINGULAR: "past values of the residuals reproduce them exactly",
}


class HoldOut(StrEnum):
    """What became of a pair that was screened on the first bars and tested on the later ones."""

    NOT_TRIED = "not_tried"  # no hold-out was asked for, or a part of the bars cannot be tested
    SCREENED_OUT = "screened_out"
    FAILED = "failed"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """One row an unordered pair i < j of columns, y = i and x = j, ordered by i, then j.

    `alpha`, `beta`, `statistic`, `lags` and `p_yx` are those of `engle_granger(y, x)` on the `n` bars of the window;
    `statistic_xy`, `lags_xy` and `p_xy` those of x on y, and `p_value` is the pair's, min(1, 2 min(p_yx, p_xy)).
    `direction` names the leg with the smaller p as dependent: y_on_x or x_on_y. `p_calibrated` is `p_value` after
    the calibration of the tail, the same without one. `q_value` is Benjamini and Yekutieli's over the
    `pairs_tested` pairs, of `p_calibrated`. `expected_false` is how many pairs would be under `level` by chance if
    no legs were cointegrated, `found` how many are.

    `zscore` is that of the last bar, with the line and the sd of the n - 1 bars before it. `half_life` is in bars,
    of the residuals of y on x; `half_life_status` says why there is none. `correlation` is Pearson's of the n - 1
    log returns. `holdout` is a word of `HoldOut`, with p and q of the later bars where the pair came that far.

    A number that cannot be computed is NaN, a lag -1; `status` and `reason` say why the pair was not tested. Of a
    `stale` one the line, the score and the correlation are given, and no statistic, p or half-life. Of a pair that
    was tested only these may be NaN: `half_life`, by its status; `zscore`, where the bars before the last one lie
    on their line; `correlation`, where the log returns of a leg do not vary. `stale`, one a symbol, says why it is
    stale, and is empty where it is not.
    """

    i: IntArray
    j: IntArray
    alpha: FloatArray
    beta: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    q_value: FloatArray
    lags: IntArray
    correlation: FloatArray
    zscore: FloatArray
    half_life: FloatArray
    status: Words
    p_yx: FloatArray
    p_xy: FloatArray
    statistic_xy: FloatArray
    lags_xy: IntArray
    direction: Words
    half_life_status: Words
    p_calibrated: FloatArray
    holdout: Words
    holdout_p: FloatArray
    holdout_q: FloatArray
    pairs_tested: int
    expected_false: float
    found: int
    level: float
    n: int
    need: int
    scale: Scale
    max_lag: int
    autolag: str
    null: str
    stale: tuple[str, ...]

    def __len__(self) -> int:
        return self.i.size

    @property
    def usable(self) -> BoolArray:
        """Return True where the pair was tested."""
        return np.isfinite(self.p_value)

    @property
    def reason(self) -> Texts:
        """Return why a pair has its status, empty where all is well."""
        words = {str(status): text.format(n=self.n, need=self.need) for status, text in REASONS.items()}
        names = np.array(list(words))
        order = np.argsort(names)
        texts = np.array(list(words.values()), dtype=object)[order][
            np.searchsorted(names[order], self.status)
        ]
        for row in np.flatnonzero(self.status == Status.STALE).tolist():
            y, x = self.stale[self.i[row]], self.stale[self.j[row]]
            texts[row] = f"leg y {y}" if y else f"leg x {x}"
        return texts


_STATUS_WORDS = np.array([str(status) for status in STATUSES])


def table_of(
    found: Findings, *, n: int, scale: Scale, rule: LagRule, level: float, need: int = MIN_BARS
) -> PairTable:
    """Return the table of what was found on n bars."""
    p = mackinnon.p_values(found.statistic.ravel(), trend="c", n_series=2).reshape(2, -1)
    # NaN in either direction is NaN for the pair: there is one p over both or none.
    pair_p = np.minimum(1.0, 2.0 * np.minimum(p[0], p[1]))
    tested = int(np.count_nonzero(~np.isnan(pair_p)))
    not_tried, nothing = np.full(pair_p.size, str(HoldOut.NOT_TRIED)), np.full(pair_p.size, np.nan)
    return PairTable(
        i=found.i, j=found.j, alpha=found.alpha, beta=found.beta, statistic=found.statistic[0],
        p_value=pair_p, q_value=benjamini_yekutieli(pair_p), lags=found.lags[0], correlation=found.correlation,
        zscore=found.zscore, half_life=found.half_life, status=_STATUS_WORDS[found.status],
        p_yx=p[0], p_xy=p[1], statistic_xy=found.statistic[1], lags_xy=found.lags[1],
        direction=np.where(p[1] < p[0], str(Direction.X_ON_Y), str(Direction.Y_ON_X)),
        half_life_status=_STATUS_WORDS[found.half_life_status], p_calibrated=pair_p,
        holdout=not_tried, holdout_p=nothing, holdout_q=nothing,
        pairs_tested=tested, expected_false=level * tested, found=int(np.count_nonzero(pair_p < level)),
        level=level, n=n, need=need, scale=scale, max_lag=rule.max_lag, autolag=rule.autolag or "none",
        null=NULL, stale=tuple(found.stale),
    )  # fmt: skip

"""The 95 % interval of beta holds the truth in 92 to 98 % of cases, by every method; more in docs/methods.md."""

import numpy as np
import pytest

from analytics.walks import cointegrated
from quant.analytics import HEDGE_METHODS
from quant.domain import HedgeMethod

CASES = [(60, 1), (60, 5), (240, 5), (240, 30)]


def share_that_holds(method, n, half_life, draws, *, beta=1.3):
    rng = np.random.default_rng(n + half_life)
    hits = 0
    for _ in range(draws):
        fit = HEDGE_METHODS[method](*cointegrated(rng, n, beta=beta, half_life=half_life))
        hits += fit.beta_low <= beta <= fit.beta_high
    return hits / draws


@pytest.mark.parametrize("method", [method for method in HedgeMethod if method is not HedgeMethod.OLS])
@pytest.mark.parametrize(("n", "half_life"), CASES)
def test_the_interval_of_beta_covers_the_truth(method, n, half_life):
    # 92 to 98 %, less and plus three simulation errors
    assert 0.88 <= share_that_holds(method, n, half_life, 400) <= 0.9975


@pytest.mark.soak
@pytest.mark.parametrize("method", list(HedgeMethod))
@pytest.mark.parametrize(
    ("n", "half_life"),
    [
        *CASES,
        (60, 15),
        (60, 30),
        (240, 1),
        (240, 15),
        (240, 60),
        (240, 120),
        (1440, 5),
        (1440, 60),
        (1440, 720),
    ],
)
def test_the_interval_of_beta_covers_the_truth_in_many_cases(method, n, half_life):
    # 92 to 98 %, with two simulation errors where the true share is at the upper end
    assert 0.92 <= share_that_holds(method, n, half_life, 2000) <= 0.98 + 0.006

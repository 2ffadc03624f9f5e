"""On 2,080 days of the simulated market 95 % intervals hold the truth: of beta by every method, of the half-life."""

import pytest

from analytics.known_betas import days_of
from analytics.test_hedge_known_betas import (
    WINDOWS,
    assert_that_half_lives_hold,
    assert_that_intervals_hold,
)


@pytest.mark.soak
@pytest.mark.parametrize("window", [window for window, _ in WINDOWS])
def test_the_interval_of_beta_holds_the_truth_in_many_cases(window):
    days = (day for seed in range(1, 53) for day in days_of(seed, days=5))
    assert_that_intervals_hold(days, window, 1)


@pytest.mark.soak
@pytest.mark.parametrize("window", [window for window, _ in WINDOWS])
def test_the_interval_of_the_half_life_holds_the_truth_in_many_cases(window):
    days = (day for seed in range(1, 53) for day in days_of(seed, days=5))
    assert_that_half_lives_hold(days, window, 1)

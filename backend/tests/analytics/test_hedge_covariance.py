"""Standard errors against a twin that writes every matrix out."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.signal import lfilter

from quant.analytics import huber, ols
from quant.analytics.near_unit_root import LAW_OF_RESIDUALS, LOW, MEDIAN, NODES

LEAST_DISTANCE, NOISY, LEAST_SIGNAL = 0.05, -1.645, 0.02


def autoregression(u):
    """Return rho and its standard error, by the textbook."""
    design = np.column_stack([np.ones(u.size - 1), u[:-1]])
    (_, rho), *_ = np.linalg.lstsq(design, u[1:], rcond=None)
    rest = u[1:] - design @ np.linalg.lstsq(design, u[1:], rcond=None)[0]
    return rho, math.sqrt(rest @ rest / (u.size - 3) * np.linalg.inv(design.T @ design)[1, 1])


def innovations(dx, u, rho):
    """Return variance and first autocovariance of the innovations about their own line."""
    noise, steps = u[1:] - rho * u[:-1], dx[1:] - rho * dx[:-1]
    design = np.column_stack([np.full(noise.size, 1.0 - rho), steps])
    rest = noise - design @ np.linalg.lstsq(design, noise, rcond=None)[0]
    return rest @ rest / (u.size - 4), rest[1:] @ rest[:-1] / (u.size - 5)


def rho_at(rho, error, n, law):
    """Return the rho at which the law's quantile is the t-ratio observed."""

    def excess(distance):
        quantile = np.interp(-1.0 / math.sqrt(1.0 + distance), -NODES, law)
        return (rho - math.exp(-distance / n)) / error - quantile

    if excess(0.0) >= 0.0:
        return math.exp(-LEAST_DISTANCE / n)
    if excess(6.0 * n) < 0.0:
        return max(rho, -0.99)
    return math.exp(-max(brentq(excess, 0.0, 6.0 * n, xtol=1e-14, rtol=1e-14), LEAST_DISTANCE) / n)


def share_of_upper(rho, n):
    """Return what the upper end of rho counts: 0.8 up to a distance of 8 from a unit root, 0.1 from 15 on."""
    distance = -n * math.log(rho) if rho > 0.0 else math.inf
    return float(np.interp(distance, [8.0, 15.0], [0.8, 0.1]))


def split(variance, covariance, rho):
    """Return the variances of an AR(1)'s innovations and of white noise on it."""
    both = 1.0 + rho * rho
    noise = min(max(-covariance / rho, 0.0), (1.0 - LEAST_SIGNAL) * variance / both)
    return variance - noise * both, noise


def errors(x, u):
    """Return the errors of alpha and beta, and whether the residuals tell of white noise."""
    n, dx = u.size, x - x.mean()
    rho, error = autoregression(u)
    about = u - u.mean()
    left, right = about[2:] - rho * about[1:-1], about[1:-1] - rho * about[:-2]
    one, two = about[1:-1] @ about[:-2], about[2:] @ about[:-2]
    noisy = left @ right < NOISY / math.sqrt(n) * (left @ left) and min(rho, one, two) > 0.0
    if noisy:
        rho = two / one
        signal, _ = split(*innovations(dx, u, min(rho, 1.0)), min(rho, 1.0))
        error = math.sqrt(signal * min(rho, 1.0) / one)
    design, covariance = np.column_stack([np.ones(n), x]), np.zeros((2, 2))
    bread = np.linalg.inv(np.column_stack([np.ones(n), dx]).T @ design)
    weights = np.column_stack([np.ones(n), dx])
    middle, upper = (rho_at(rho, error, n, LAW_OF_RESIDUALS[row]) for row in (MEDIAN, LOW))
    by_upper = share_of_upper(middle, n)
    for at, share in ((middle, 1.0 - by_upper), (upper, by_upper)):
        variance, first = innovations(dx, u, at)
        signal, noise = split(variance, first, at) if noisy else (variance, 0.0)
        places = np.arange(n)
        omega = signal / (1.0 - at**2) * at ** abs(places[:, None] - places) + noise * np.eye(n)
        covariance += share * bread @ weights.T @ omega @ weights @ bread.T
    return math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1]), noisy


def legs(rng, n, rho, noise):
    x = 20.0 + 0.1 * rng.standard_normal(n).cumsum()
    spread = lfilter([1.0], [1.0, -rho], 0.05 * rng.standard_t(4, n))
    return 3.0 + 1.3 * x + spread + noise * rng.standard_normal(n), x


@pytest.mark.parametrize("n", [12, 61, 400])
@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.5, 0.95, 1.0])
def test_errors_are_those_of_the_whole_covariance(n, rho):
    rng = np.random.default_rng(n)
    told_of_noise = 0
    for noise in (0.0, 0.1, 0.4):
        y, x = legs(rng, n, rho, noise)
        fit = ols(y, x)
        of_alpha, of_beta, noisy = errors(x, y - fit.alpha - fit.beta * x)
        assert fit.beta_se == pytest.approx(of_beta, rel=1e-8)
        assert fit.alpha_se == pytest.approx(of_alpha, rel=1e-8)
        told_of_noise += noisy
    assert told_of_noise >= (n > 100 and rho > 0.9)  # both laws are met


@pytest.mark.parametrize("n", [61, 400])
def test_hubers_errors_are_those_of_what_it_leaves_of_the_residuals(n):
    y, x = legs(np.random.default_rng(n), n, 0.8, 0.0)
    fit = huber(y, x)
    bend, rest = 1.345 * fit.parameters["scale"], y - fit.alpha - fit.beta * x
    of_alpha, of_beta, _ = errors(x, np.clip(rest, -bend, bend) / np.mean(np.abs(rest) <= bend))
    assert fit.beta_se == pytest.approx(of_beta, rel=1e-8)
    assert fit.alpha_se == pytest.approx(of_alpha, rel=1e-8)


def test_a_smooth_spread_keeps_its_digits():
    """Its innovations are a millionth of its steps: a difference of sums would leave few digits of them."""
    place = np.arange(300.0)
    x = np.cos(place / 40).cumsum()
    y = 1.3 * x + place / 50 + 1e-4 * np.cos(3.3 * place)
    fit = ols(y, x)
    of_alpha, of_beta, _ = errors(x, y - fit.alpha - fit.beta * x)
    assert fit.beta_se == pytest.approx(of_beta, rel=1e-7)
    assert fit.alpha_se == pytest.approx(of_alpha, rel=1e-7)

"""Johansen's tests against LeSage's published numbers, statsmodels, and their own definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from analytics import market, reference
from analytics.walks import ar1, walk
from quant.analytics import Status, johansen
from quant.errors import InvalidParameter

# J. LeSage's Econometrics Toolbox (jplv7) on its own test data, as statsmodels' tests carry them.
PUBLISHED_TRACE = {
    (1, 2): [241.985452556075, 166.4781461662553, 110.3298006342814, 70.79801574443575,
             44.90887371527634, 27.22385073668511, 11.74205493173769, 3.295435325623445],
    (0, 9): [307.6888935095814, 205.3839229398245, 129.1330243009336, 83.3101865760208,
             52.51955460357912, 30.20027050520502, 13.84158157562689, 0.4117390188204866],
    (-1, 8): [260.6786029744658, 162.7966072512681, 105.8253545950566, 71.16133060790817,
              47.68490211260372, 28.11843682526138, 13.03968537077271, 2.25398078597622],
}  # fmt: skip
PUBLISHED_MAX = {
    (1, 2): [75.50730638981975, 56.14834553197396, 39.5317848898456, 25.8891420291594,
             17.68502297859124, 15.48179580494741, 8.446619606114249, 3.295435325623445],
    (0, 9): [102.3049705697569, 76.25089863889085, 45.82283772491284, 30.7906319724417,
             22.31928409837409, 16.35868892957814, 13.4298425568064, 0.4117390188204866],
    (-1, 8): [97.88199572319769, 56.97125265621156, 34.66402398714837, 23.47642849530445,
              19.56646528734234, 15.07875145448866, 10.7857045847965, 2.25398078597622],
}  # fmt: skip
PUBLISHED_VALUES = [0.3586376068088151, 0.2812806889719111, 0.2074818815675726, 0.141259991767926,
                    0.09880133062878599, 0.08704563854307619, 0.048471840356709, 0.01919823444066367]  # fmt: skip
PUBLISHED_RELATION = [0.01102517075074406, -0.2185481584930077, 0.04565819524210763, -0.06556394587400775,
                      0.04711496306104131, -0.1500111976629196, 0.03775327003706507, 0.03479475877437702]  # fmt: skip


@pytest.fixture(scope="module")
def lesage(shared_data):
    return np.loadtxt(shared_data / "statsmodels_tables" / "Matlab_results_test_coint.csv")


@pytest.mark.parametrize("case", PUBLISHED_TRACE)
def test_meets_the_published_statistics(lesage, case):
    found = johansen(lesage, det_order=case[0], lags=case[1])
    assert found.trace == pytest.approx(PUBLISHED_TRACE[case], abs=5e-9)
    assert found.max_eigenvalue == pytest.approx(PUBLISHED_MAX[case], abs=5e-9)
    assert found.n == 173 - 1 - case[1]


def test_meets_the_published_eigenvalues_and_first_relation(lesage):
    found = johansen(lesage, det_order=1, lags=2)
    assert found.eigenvalues == pytest.approx(PUBLISHED_VALUES, abs=1e-13)
    assert found.eigenvectors[:, 0] == pytest.approx(PUBLISHED_RELATION, abs=1e-13)
    assert (found.rank, found.rank_by_max_eigenvalue) == (3, 2)


def system(kind, rng, n, count):
    """Return bars as rows: walks, one of them optionally tied to the others."""
    tail = 3 if kind == "heavy" else None
    columns = [walk(rng, n, start=100.0 * (k + 1), tail=tail) for k in range(count)]
    if kind in ("tied", "scaled"):
        columns[0] = 3.0 + 0.7 * columns[1] + ar1(rng, n, half_life=4, sd=0.3)
    if kind == "scaled":
        columns = [column * 10.0 ** (5 - 5 * (k % 3)) for k, column in enumerate(columns)]
    return np.column_stack(columns)


@pytest.mark.parametrize("kind", ["walks", "heavy", "tied", "scaled"])
@pytest.mark.parametrize(("n", "count"), [(30, 2), (60, 3), (300, 2), (300, 12), (1440, 5), (10_000, 2)])
def test_equals_statsmodels_and_extended_precision(kind, n, count):
    rng = np.random.default_rng(n + count)
    for det_order in (-1, 0, 1):
        for lags in (1, 4):
            series = system(kind, rng, n, count)
            found = johansen(series, det_order=det_order, lags=lags)
            if found.status is Status.TOO_SHORT:
                assert n < found.need
                continue
            exact = -found.n * np.log1p(-reference.johansen(series, det_order=det_order, lags=lags))
            check_statistics(found, np.cumsum(exact[::-1])[::-1], exact)
            if det_order < 0:
                # About prices' own level statsmodels loses up to eleven digits without a constant.
                series = series - series[0]
                found = johansen(series, det_order=det_order, lags=lags)
            truth = coint_johansen(series, det_order, lags)
            check_statistics(found, truth.lr1, truth.lr2)
            for position, level in enumerate(("10%", "5%", "1%")):
                assert found.trace_critical_values[level] == pytest.approx(truth.cvt[:, position], abs=1e-12)
                largest = found.max_eigenvalue_critical_values[level]
                assert largest == pytest.approx(truth.cvm[:, position], abs=1e-12)
            sizes = np.abs(truth.evec).max(axis=0)
            assert (np.abs(np.abs(found.eigenvectors) - np.abs(truth.evec)) <= 1e-6 * sizes).all()


def check_statistics(found, trace, largest):
    for ours, theirs in ((found.trace, trace), (found.max_eigenvalue, largest)):
        assert (np.abs(ours - theirs) <= 1e-9 * np.maximum(1.0, np.abs(theirs))).all()


def test_equals_statsmodels_on_real_bars(shared_data):
    prices = market.closes(shared_data, "BTC", "ETH", "SOL", "XRP", rows=5000)
    for series in (prices, np.log(prices), prices[:1440, :2]):
        truth = coint_johansen(series, 0, 1)
        check_statistics(johansen(series), truth.lr1, truth.lr2)


def test_without_lags_the_level_is_the_one_before_the_step():
    """statsmodels takes the level after it, which the step is a part of."""
    rng = np.random.default_rng(1)
    tied = []
    for _ in range(200):
        series = system("walks", rng, 300, 2)
        tied.append(johansen(series, lags=0).rank)
        steps, before = np.diff(series, axis=0), series[:-1]
        basis = [reference.orthonormal(part - part.mean(axis=0)) for part in (before, steps)]
        values = np.linalg.svd((basis[0].T @ basis[1]).astype(float), compute_uv=False) ** 2
        assert johansen(series, lags=0).eigenvalues == pytest.approx(values, abs=1e-12)
    assert np.mean(np.array(tied) > 0) < 0.2
    assert coint_johansen(series, 0, 0).lr1[0] != pytest.approx(johansen(series, lags=0).trace[0], rel=0.01)


def test_finds_the_relation_and_its_rank():
    rng = np.random.default_rng(2)
    found = johansen(system("tied", rng, 2000, 3))
    assert (found.rank, found.rank_by_max_eigenvalue) == (1, 1)
    relation = found.eigenvectors[:, 0] / found.eigenvectors[0, 0]
    assert relation == pytest.approx([1.0, -0.7, 0.0], abs=0.05)
    two = johansen(np.column_stack([ar1(rng, 500, half_life=3), ar1(rng, 500, half_life=2)]))
    assert two.rank == 2


def test_does_not_depend_on_scale_or_order():
    series = system("tied", np.random.default_rng(3), 400, 3)
    first = johansen(series)
    second = johansen((series * [1e8, 1e-8, 1.0])[:, [2, 0, 1]])
    assert second.trace == pytest.approx(first.trace, rel=1e-9)


def test_statuses():
    series = system("walks", np.random.default_rng(4), 200, 3)
    hole, flat, copy, sum_of_two, even = (series.copy() for _ in range(5))
    hole[50, 1] = np.nan
    flat[:, 2] = 7.0
    copy[:, 2] = 5 - 3 * copy[:, 0]
    sum_of_two[:, 2] = sum_of_two[:, 0] + sum_of_two[:, 1]
    close = series.copy()
    close[:, 2] = close[:, 0] + 1e-5 * np.random.default_rng(5).standard_normal(200)
    even[:, 0] = np.sin(np.arange(200.0))
    even[:, 1] = np.cos(np.arange(200.0))
    cases = [
        (hole, Status.MISSING), (flat, Status.ZERO_VARIANCE), (copy, Status.DUPLICATE),
        (sum_of_two, Status.DUPLICATE), (series[:29], Status.TOO_SHORT), (even, Status.SINGULAR),
    ]  # fmt: skip
    for values, status in cases:
        found = johansen(values)
        assert found.status is status
        assert found.reason
        assert found.trace.size == found.max_eigenvalue.size == found.eigenvectors.size == 0
        assert found.rank is found.rank_by_max_eigenvalue is None
    assert johansen(close).status is Status.NEAR_PERFECT
    exact = -198 * np.log1p(-reference.johansen(close, det_order=0, lags=1)).sum()
    assert johansen(close).trace[0] == pytest.approx(exact, rel=1e-8)


def test_tells_the_whole_story():
    found = johansen(system("walks", np.random.default_rng(6), 100, 4), det_order=1, lags=2)
    assert (found.n_series, found.lags, found.n, found.det_order) == (4, 2, 97, 1)
    assert found.null.startswith("at most r relations")
    assert list(found.trace_critical_values) == ["10%", "5%", "1%"]


@pytest.mark.parametrize(
    ("series", "options", "name"),
    [
        (np.zeros(100), {}, "series"),
        (np.zeros((100, 1)), {}, "series"),
        (np.zeros((100, 13)), {}, "series"),
        (np.zeros((100, 2)), {"det_order": 2}, "det_order"),
        (np.zeros((100, 2)), {"lags": -1}, "lags"),
        (np.zeros((100, 2)), {"lags": 1.5}, "lags"),
    ],
)
def test_bad_options_are_named(series, options, name):
    with pytest.raises(InvalidParameter, match=name):
        johansen(series, **options)


@given(st.data())
def test_anything_gives_numbers_or_a_status(data):
    count, n = data.draw(st.integers(2, 4)), data.draw(st.integers(0, 60))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    series = rng.standard_normal((n, count)).cumsum(axis=0) * data.draw(st.sampled_from([1e-8, 1.0, 1e8]))
    for column in range(count):
        match data.draw(st.sampled_from(["as is", "flat", "copy", "hole", "steps", "huge"])):
            case "flat":
                series[:, column] = 0.1
            case "copy":
                series[:, column] = 0.5 * series[:, 0] + 1.0
            case "hole":
                series[n // 2 : n // 2 + 1, column] = np.nan
            case "steps":
                series[:, column] = np.round(rng.standard_normal(n))
            case "huge":
                series[:, column] *= 1e290
    found = johansen(
        series, det_order=data.draw(st.sampled_from([-1, 0, 1])), lags=data.draw(st.integers(0, 3))
    )
    if found.status.usable:
        assert np.isfinite(found.trace).all()
        assert np.isfinite(found.eigenvectors).all()
        assert (np.diff(found.max_eigenvalue) <= 0).all()
        assert (found.max_eigenvalue >= 0).all()
        assert not math.isnan(found.rank)
    else:
        assert found.reason
        assert found.trace.size == 0

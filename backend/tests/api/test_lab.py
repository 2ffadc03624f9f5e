"""/analytics/lab: the pair's own numbers, the tests of independent libraries, and what it refuses."""

from typing import Any

import numpy as np
import pytest
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from problems import problem_of
from quant.api.lab_schemas import PairLab
from quant.engine.cost import check_lab
from quant.errors import InvalidParameter
from served_bars import MINUTE_MS, PAIR, WINDOW, close, legs
from serving import Client

METHODS = ["ols", "huber", "theil_sen", "kalman", "tls"]
QUERY = PAIR | {"window": WINDOW}


def fit_of(found: dict[str, Any], method: str) -> dict[str, Any]:
    return next(fit for fit in found["fits"] if fit["method"] == method)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", ["level", "log"])
@pytest.mark.parametrize("past", [False, True])
def test_it_says_what_the_pair_says(api: Client, method: str, scale: str, past: bool) -> None:
    query = QUERY | {"method": method, "scale": scale}
    if past:
        query |= {"end": legs(api)[0][-20] + MINUTE_MS}
    found, pair = api.get("/analytics/lab", **query), api.get("/analytics/pair", **query)
    fit = fit_of(found, method)
    for name in ("alpha", "alpha_se", "beta", "beta_se", "beta_low", "beta_high", "parameters"):
        assert fit[name] == pair[name], name
    header = ("symbol_a", "symbol_b", "interval", "window", "method", "scale", "first_time", "last_time")
    for name in (*header, "quality", "status", "reason", "adf", "cointegration", "half_life"):
        assert found[name] == pair[name], name
    assert found["need"] == pair["need"] <= found["have"]
    of_method = next(each for each in found["history"]["methods"] if each["method"] == method)
    assert of_method["beta"][-1] == pair["beta"]
    assert found["history"]["time"][-1] == pair["last_time"]
    assert found["history"]["p_value"][-1] == pair["cointegration"]["p_value"]


def test_the_past_of_a_filter_is_what_the_pair_said_then(api: Client) -> None:
    found = api.get("/analytics/lab", **QUERY, method="kalman", points=5)
    path = next(each for each in found["history"]["methods"] if each["method"] == "kalman")
    for time, beta in zip(found["history"]["time"], path["beta"], strict=True):
        then = api.get("/analytics/pair", **QUERY, method="kalman", end=time + MINUTE_MS, limit=1)
        assert beta == close(then["beta"])


def test_residuals_and_tests_are_of_the_bars_served(api: Client) -> None:
    found = api.get("/analytics/lab", **QUERY)
    times, y, x = legs(api)
    old_y, old_x = y[-WINDOW - 1 : -1], x[-WINDOW - 1 : -1]
    fit, residuals = fit_of(found, "ols"), found["residuals"]
    assert residuals["time"] == times[-WINDOW - 1 : -1]
    assert (residuals["y"], residuals["x"]) == (old_y.tolist(), old_x.tolist())
    assert residuals["value"] == close((old_y - fit["alpha"] - fit["beta"] * old_x).tolist())
    assert sum(residuals["counts"]) == WINDOW
    oracle = coint_johansen(np.column_stack((old_y, old_x)), 0, 1)
    johansen = found["johansen"]
    assert johansen["trace"] == close(oracle.lr1.tolist())
    assert johansen["max_eigenvalue"] == close(oracle.lr2.tolist())
    assert johansen["beta"] == close(-oracle.evec[1, 0] / oracle.evec[0, 0])
    assert johansen["trace_critical_values"]["5%"] == close(oracle.cvt[:, 1].tolist())
    assert [leg["symbol"] for leg in found["legs"]] == ["AAAUSDT", "BBBUSDT"]
    for leg in found["legs"]:
        own = api.get("/analytics/adf", symbol=leg["symbol"], window=WINDOW, end=times[-1])
        assert leg["adf"]["statistic"] == own["adf"]["statistic"]
        assert leg["kpss"]["statistic"] == own["kpss"]["statistic"]
    for each in found["windows"]:
        if each["window"] >= 10 and each["window"] != WINDOW:
            pair = api.get("/analytics/pair", **PAIR, window=each["window"], limit=1)
            assert each["adf"] == pair["adf"]
            assert each["p_value"] == pair["cointegration"]["p_value"]
            assert each["half_life"] == pair["half_life"]


def test_points_are_as_many_as_asked_for(api: Client) -> None:
    found = PairLab.model_validate(api.get("/analytics/lab", **QUERY, points=7))
    assert len(found.history.time) == 7
    assert {len(path.beta) for path in found.history.methods} == {7}


def refused(api: Client, status: int, **query: Any) -> dict[str, Any]:
    return problem_of(api.http.get("/analytics/lab", params=query), status=status)


def test_what_cannot_be_is_refused(api: Client) -> None:
    short = refused(api, 409, **PAIR, window=1000)
    assert short["have"] < short["need"] == 1001
    assert refused(api, 404, symbol_a="NOSUCH", symbol_b="BBBUSDT")["detail"]
    assert refused(api, 422, **PAIR, window=3)["parameter"] == "window"
    assert refused(api, 422, **PAIR, points=1)["parameter"] == "points"
    with pytest.raises(InvalidParameter):
        check_lab(window=8000, points=200)
    assert check_lab(window=1440, points=48) < 1.0

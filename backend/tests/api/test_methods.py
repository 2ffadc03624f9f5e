"""Every hedge method through every door, against textbook forms of what can be written in a line of numpy."""

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from problems import problem_of
from served_bars import MINUTE_MS, PAIR, WINDOW, Prices, close, closed_bars, legs
from serving import Client

METHODS = ["ols", "huber", "theil_sen", "kalman", "tls"]


def median_slope(y: Prices, x: Prices) -> tuple[float, float]:
    slopes = [(y[j] - y[i]) / (x[j] - x[i]) for i, j in combinations(range(len(x)), 2) if x[i] != x[j]]
    beta = float(np.median(slopes))
    return float(np.median(y - beta * x)), beta


def orthogonal(y: Prices, x: Prices) -> tuple[float, float]:
    """Return the line of least orthogonal distances where each leg is measured in the sd of its steps."""
    unit_y, unit_x = (float(np.diff(leg).std()) for leg in (y, x))
    scaled = np.column_stack(((x - x.mean()) / unit_x, (y - y.mean()) / unit_y))
    _, _, directions = np.linalg.svd(scaled)
    beta = float(directions[0, 1] / directions[0, 0]) * unit_y / unit_x
    return float(y.mean() - beta * x.mean()), beta


def test_the_server_offers_all_five(api: Client) -> None:
    assert sorted(api.get("/config")["methods"]) == sorted(METHODS)


@pytest.mark.parametrize(("method", "line"), [("theil_sen", median_slope), ("tls", orthogonal)])
@pytest.mark.parametrize("scale", ["level", "log"])
def test_the_line_is_that_of_the_method(api: Client, method: str, line: Any, scale: str) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW, method=method, scale=scale)
    _, y, x = legs(api, scale=scale)
    alpha, beta = line(y[-WINDOW - 1 : -1], x[-WINDOW - 1 : -1])
    assert (found["alpha"], found["beta"]) == (close(alpha), close(beta))
    assert found["zscore"] == close((y[-1] - alpha - beta * x[-1]) / found["sd"])
    assert found["series"]["beta"][-1] == close(beta)


@pytest.mark.parametrize("method", METHODS)
def test_the_tests_are_on_least_squares_and_say_so(api: Client, method: str) -> None:
    by_ols = api.get("/analytics/pair", **PAIR, window=WINDOW)
    found = api.get("/analytics/pair", **PAIR, window=WINDOW, method=method)
    assert found["method"] == method
    assert found["status"] == "ok"
    for name in ("statistic", "p_value", "direction", "lags"):
        assert found["cointegration"][name] == by_ols["cointegration"][name]
    assert found["adf"] == by_ols["adf"]
    assert (found["cointegration"]["note"] is None) == (method == "ols")
    if method != "ols":
        assert "least squares" in found["cointegration"]["note"]
        assert found["beta"] != by_ols["beta"]


@pytest.mark.parametrize("method", METHODS)
def test_an_estimate_has_its_error_and_interval(api: Client, method: str) -> None:
    found = api.get("/analytics/hedge-ratio", **PAIR, window=WINDOW, method=method)
    assert found["alpha_se"] > 0
    assert found["beta_se"] > 0
    assert found["beta_low"] < found["beta"] < found["beta_high"]
    if method == "kalman":
        assert found["parameters"]["noise_ratio"] > 0


@pytest.mark.parametrize("method", METHODS)
def test_a_part_is_what_the_whole_says(api: Client, method: str) -> None:
    query = PAIR | {"window": WINDOW, "method": method}
    whole = api.get("/analytics/pair", **query)
    for path in ("hedge-ratio", "spread", "zscore", "correlation", "adf"):
        part = api.get(f"/analytics/{path}", **query)
        for name, value in part.items():
            if name == "series":
                assert value == {column: whole["series"][column] for column in value}
            elif name == "note":
                assert value == whole["cointegration"]["note"]
            elif name not in ("seq", "r_squared") and not (path == "hedge-ratio" and name == "sd"):
                assert value == whole[name], (path, name)


@pytest.mark.parametrize("method", METHODS)
def test_the_past_is_the_same_whoever_asks(api: Client, method: str) -> None:
    now = api.get("/analytics/pair", **PAIR, window=WINDOW, method=method)
    at = len(now["series"]["time"]) - 4
    then = api.get(
        "/analytics/pair", **PAIR, window=WINDOW, method=method, end=now["series"]["time"][at] + MINUTE_MS
    )
    for name in ("beta", "zscore", "spread"):
        assert then["series"][name][-1] == close(now["series"][name][at])


def test_one_symbol_is_tested_on_its_own_closes(api: Client) -> None:
    from statsmodels.tsa.stattools import adfuller

    found = api.get("/analytics/adf", symbol="bbbusdt", window=100)
    _, _, x = legs(api)
    statistic, p, lags, *_ = adfuller(x[-100:], autolag="AIC", maxlag=12, result_object=False)
    assert (found["symbol"], found["window"], found["have"]) == ("BBBUSDT", 100, 100)
    assert found["adf"]["statistic"] == pytest.approx(statistic, rel=1e-8)
    assert found["adf"]["p_value"] == pytest.approx(p, rel=1e-6)
    assert found["adf"]["lags"] == lags
    assert found["kpss"]["null"] != found["adf"]["null"]
    assert found["kpss"]["statistic"] > 0


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ({}, 422, "symbol_a"),
        ({"symbol_a": "AAAUSDT"}, 422, "symbol_b"),
        ({"symbol": "AAAUSDT", "symbol_a": "AAAUSDT"}, 422, "symbol"),
        ({"symbol": "AAAUSDT", "window": 10**9}, 422, "window"),
        ({"symbol": "AAAUSDT", "window": 5}, 422, "window"),
        ({"symbol": "AAAUSDT", "window": 2000}, 409, "need 2000"),
        ({"symbol": "NONE"}, 404, "NONE"),
        ({"symbol": "AAAUSDT", "interval": "t100"}, 422, "interval"),
    ],
)
def test_what_cannot_be_tested_is_named(api: Client, query: dict[str, Any], status: int, named: str) -> None:
    problem = problem_of(api.http.get("/analytics/adf", params=query), status=status)
    assert named in problem["detail"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("window", [10**9, 4095, -1, 9])
def test_a_window_beyond_reason_is_refused_with_the_limit(api: Client, method: str, window: int) -> None:
    query = PAIR | {"window": str(window), "method": method}
    problem = problem_of(api.http.get("/analytics/pair", params=query), status=422)
    assert (problem["minimum"], problem["maximum"]) == (10, 4094)


def test_a_long_request_holds_up_no_short_one(api: Client) -> None:
    long = PAIR | {"interval": "1s", "window": "1000", "method": "theil_sen", "scale": "log"}
    ends = [closed_bars(api, "AAAUSDT", "1s").popitem()[0] - 1000 * back for back in range(6)]
    with ThreadPoolExecutor(len(ends)) as asking:
        asked = [asking.submit(api.get, "/analytics/pair", **long, end=end) for end in ends]
        for _ in range(3):
            api.get("/analytics/pair", **PAIR, window=WINDOW)
        assert not all(each.done() for each in asked)
        assert {each.result()["status"] for each in asked} == {"ok"}

"""Pair statistics as served, held against numpy and statsmodels on the bars as served."""

import math
import warnings

import numpy as np
import pytest
from statsmodels.tsa.stattools import adfuller, coint

from problems import problem_of
from served_bars import MINUTE_MS, PAIR, WINDOW, Prices, close, closed_bars, legs
from serving import Client

MAX_ROWS = 1500


def fit(y: Prices, x: Prices) -> tuple[float, float, float]:
    """Return alpha, beta and the residuals' sd (ddof=1) by textbook least squares."""
    design = np.column_stack((np.ones_like(x), x))
    (alpha, beta), *_ = np.linalg.lstsq(design, y, rcond=None)
    return float(alpha), float(beta), float((y - design @ (alpha, beta)).std(ddof=1))


@pytest.mark.parametrize(("interval", "window"), [("1m", 60), ("1m", 100), ("5m", 20), ("1s", 600)])
@pytest.mark.parametrize("scale", ["level", "log"])
def test_the_numbers_of_the_last_closed_bar(api: Client, interval: str, window: int, scale: str) -> None:
    found = api.get("/analytics/pair", **PAIR, interval=interval, window=window, scale=scale)
    times, y, x = legs(api, interval, scale=scale)
    alpha, beta, sd = fit(y[-window - 1 : -1], x[-window - 1 : -1])

    assert found["status"] == "ok"
    assert (found["first_time"], found["last_time"]) == (times[-window - 1], times[-1])
    assert found["need"] == window + 1 <= found["have"] <= len(times)
    assert found["alpha"] == close(alpha)
    assert found["beta"] == close(beta)
    assert found["sd"] == close(sd)
    assert found["spread"] == close(y[-1] - beta * x[-1])
    assert found["mean"] == close((y - beta * x)[-window - 1 : -1].mean())
    assert found["zscore"] == close((y[-1] - alpha - beta * x[-1]) / sd)
    assert found["zscore"] == close((found["spread"] - found["mean"]) / found["sd"])


@pytest.mark.parametrize("scale", ["level", "log"])
def test_correlation_is_that_of_returns(api: Client, scale: str) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW, scale=scale)
    _, y, x = legs(api, scale="log")
    expected = np.corrcoef(np.diff(y)[-WINDOW:], np.diff(x)[-WINDOW:])[0, 1]
    assert found["correlation"] == close(expected)


@pytest.mark.parametrize(("interval", "window"), [("1m", 60), ("1m", 120), ("5m", 29)])
def test_cointegration_and_unit_root_are_those_of_the_formation_window(
    api: Client, interval: str, window: int
) -> None:
    found = api.get("/analytics/pair", **PAIR, interval=interval, window=window)
    _, y, x = legs(api, interval)
    y, x = y[-window - 1 : -1], x[-window - 1 : -1]
    if window < 30:
        assert found["cointegration"]["status"] == found["adf"]["status"] == "too_short"
        assert found["cointegration"]["p_value"] is found["adf"]["p_value"] is None
        assert found["cointegration"]["reason"]
        return
    both = {"y_on_x": coint(y, x, autolag="aic"), "x_on_y": coint(x, y, autolag="aic")}
    direction = min(both, key=lambda name: both[name][1])
    pair_p = min(1.0, 2 * both[direction][1])

    tested = found["cointegration"]
    assert tested["direction"] == direction
    assert tested["statistic"] == pytest.approx(both[direction][0], rel=1e-7)
    assert (tested["p_yx"], tested["p_xy"]) == (
        pytest.approx(both["y_on_x"][1], abs=1e-3),
        pytest.approx(both["x_on_y"][1], abs=1e-3),
    )
    assert tested["p_value"] == pytest.approx(pair_p, abs=2e-3)
    assert list(tested["critical_values"].values()) == pytest.approx(list(both[direction][2]), abs=5e-3)

    alpha, beta, _ = fit(y, x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the shape of a later release's answer
        statistic, _, lags, *_ = adfuller(y - alpha - beta * x, regression="n", autolag="AIC", maxlag=None)
    assert found["adf"]["statistic"] == pytest.approx(both["y_on_x"][0], rel=1e-7)
    assert found["adf"]["statistic"] == pytest.approx(statistic, rel=1e-7)
    assert found["adf"]["lags"] == lags
    assert found["adf"]["p_value"] == pytest.approx(both["y_on_x"][1], abs=1e-3)  # N = 2 tables


def test_the_half_life_is_that_of_the_residuals(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW)["half_life"]
    _, y, x = legs(api)
    y, x = y[-WINDOW - 1 : -1], x[-WINDOW - 1 : -1]
    alpha, beta, _ = fit(y, x)
    residual = y - alpha - beta * x
    phi = np.polyfit(residual[:-1], np.diff(residual), 1)[0]

    assert found["status"] == "ok"
    assert found["bars"] == pytest.approx(-math.log(2) / math.log1p(phi), rel=1e-8)
    assert found["seconds"] == pytest.approx(60 * found["bars"])
    assert found["low"] < found["bars"]


def test_the_signal_follows_z_and_needs_a_live_market(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW)
    assert found["signal"] == "none"  # the recording has ended
    assert "stopped" in found["signal_reason"]

    ended = api.get("/analytics/pair", **PAIR, window=WINDOW, end=found["last_time"] + MINUTE_MS)
    z, p = ended["zscore"], ended["cointegration"]["p_value"]
    expected = "sell" if z > 2 else "buy" if z < -2 else "neutral"
    assert ended["signal"] == (expected if p < 0.05 else "none")


def test_window_quality_counts_the_worse_leg(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, interval="1s", window=300)
    a, b = closed_bars(api, "AAAUSDT", "1s"), closed_bars(api, "BBBUSDT", "1s")
    times = sorted(a.keys() & b.keys())[-301:-1]
    quiet = sum("quiet" in (a[time]["quality"], b[time]["quality"]) for time in times)

    assert found["quality"]["quiet"] == quiet > 0
    assert found["quality"]["complete"] == 300 - quiet


@pytest.mark.parametrize("scale", ["level", "log"])
def test_series_rows_are_what_was_known_at_each_bar(api: Client, scale: str) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW, scale=scale)
    times, y, x = legs(api, scale=scale)
    series = found["series"]

    assert series["time"] == times
    assert series["price_a"] == [bar["close"] for _, bar in sorted(closed_bars(api, "AAAUSDT").items())]
    for t in (WINDOW, WINDOW + 1, len(times) // 2 + WINDOW // 2, len(times) - 1):
        alpha, beta, sd = fit(y[t - WINDOW : t], x[t - WINDOW : t])
        assert series["beta"][t] == close(beta)
        assert series["alpha"][t] == close(alpha)
        assert series["sd"][t] == close(sd)
        assert series["zscore"][t] == close((y[t] - alpha - beta * x[t]) / sd)
        assert series["spread"][t] == close(y[t] - beta * x[t])
    assert series["zscore"][:WINDOW] == [None] * WINDOW
    for name in ("alpha", "beta", "sd", "spread", "zscore", "correlation"):
        assert series[name][-1] == close(found[name])


def test_live_values_use_the_newest_fit_and_the_last_trades(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW)
    _, y, x = legs(api)
    alpha, beta, sd = fit(y[-WINDOW:], x[-WINDOW:])
    last = {line["symbol"]: line["last_price"] for line in api.status()["symbols"]}

    spread = last["AAAUSDT"] - beta * last["BBBUSDT"]
    assert found["live"]["spread"] == close(spread)
    assert found["live"]["zscore"] == close((spread - alpha) / sd)
    assert found["live"]["time"] == found["as_of"]


@pytest.mark.parametrize("back", [1, 2, 30])
def test_end_gives_the_analysis_as_it_stood_then(api: Client, back: int) -> None:
    now = api.get("/analytics/pair", **PAIR, window=WINDOW)
    times = now["series"]["time"]
    at = len(times) - 1 - back

    then = api.get("/analytics/pair", **PAIR, window=WINDOW, end=times[at] + MINUTE_MS)

    assert then["last_time"] == times[at]
    for name in ("alpha", "beta", "sd", "spread", "zscore", "correlation"):
        assert then[name] == close(now["series"][name][at])
        assert then["series"][name][WINDOW:] == [
            close(value) for value in now["series"][name][WINDOW : at + 1]
        ]
    # inside a bar nothing more is known than at its start
    assert api.get("/analytics/pair", **PAIR, window=WINDOW, end=times[at] + MINUTE_MS + 59_999) == then
    assert then["live"] == {"spread": None, "zscore": None, "time": None}


def test_start_and_limit_shorten_the_series_only(api: Client) -> None:
    whole = api.get("/analytics/pair", **PAIR, window=WINDOW)
    times = whole["series"]["time"]

    short = api.get("/analytics/pair", **PAIR, window=WINDOW, limit=7)
    assert short["series"] == {name: column[-7:] for name, column in whole["series"].items()}
    late = api.get("/analytics/pair", **PAIR, window=WINDOW, start=times[-3])
    assert late["series"]["time"] == times[-3:]
    for found in (short, late):
        for name in whole.keys() - {"series", "seq"}:
            assert found[name] == whole[name], name


def test_a_long_series_comes_in_pages(api: Client) -> None:
    times, *_ = legs(api, "1s")
    assert len(times) > 2 * MAX_ROWS
    newest = api.get("/analytics/pair", **PAIR, interval="1s", limit=MAX_ROWS)["series"]
    before = api.get("/analytics/pair", **PAIR, interval="1s", limit=MAX_ROWS, end=newest["time"][0])[
        "series"
    ]

    assert newest["time"] == times[-MAX_ROWS:]
    assert before["time"] == times[-2 * MAX_ROWS : -MAX_ROWS]
    refused = problem_of(api.http.get("/analytics/pair", params=PAIR | {"limit": "4000"}), status=422)
    assert refused["parameter"] == "limit"


def test_times_may_be_written_as_iso(api: Client) -> None:
    ms = api.get("/analytics/pair", **PAIR)["last_time"]
    text = np.datetime64(ms, "ms").astype(str)
    as_text = api.get("/analytics/pair", **PAIR, end=f"{text}Z")
    assert (
        as_text
        == api.get("/analytics/pair", **PAIR, end=f"{text}")
        == api.get("/analytics/pair", **PAIR, end=ms)
    )


def test_names_are_taken_in_any_case_and_defaults_are_the_settings(api: Client) -> None:
    plain = api.get("/analytics/pair", **PAIR)
    written = api.get(
        "/analytics/pair", symbol_a="aaausdt", symbol_b=" BbbUSDT ", method="OLS", scale="LEVEL", window=60
    )
    assert (plain["method"], plain["scale"], plain["window"], plain["interval"]) == ("ols", "level", 60, "1m")
    assert {**plain, "seq": 0} == {**written, "seq": 0}


def test_legs_swapped_are_another_pair(api: Client) -> None:
    found = api.get("/analytics/pair", symbol_a="BBBUSDT", symbol_b="AAAUSDT")
    _, y, x = legs(api)
    assert found["beta"] == close(fit(x[-61:-1], y[-61:-1])[1])
    assert found["cointegration"]["p_yx"] == api.get("/analytics/pair", **PAIR)["cointegration"]["p_xy"]

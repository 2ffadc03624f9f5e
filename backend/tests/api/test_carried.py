"""What every result carries beside its number: how it was made, of which bars, and why a number lacks."""

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from statsmodels.tsa.stattools import coint

from listening import Ear
from quant.api.views import pair_analytics
from quant.clock import NS_PER_MS
from quant.domain import HedgeMethod, Pair, Quality, Scale
from quant.engine.analysis import PairInputs, analyse, view_of
from quant.engine.protocol import PairKey, PairView
from quant.market.align import AlignedLegs
from served_bars import MINUTE_MS, PAIR, WINDOW, Prices, close, closed_bars, legs
from serving import Client

BARS = 120
MAX_LAG = math.ceil(12 * (BARS / 100) ** 0.25)


@pytest.fixture(scope="module")
def scan(api: Client) -> dict[str, Any]:
    return api.get("/analytics/scan", window=BARS)


def closes(api: Client, symbol: str, scan: dict[str, Any]) -> Any:
    bars = closed_bars(api, symbol)
    times = range(scan["first_time"], scan["last_time"] + 1, MINUTE_MS)
    return np.log([bars[time]["close"] for time in times])


def test_a_scan_says_how_it_was_made(scan: dict[str, Any]) -> None:
    assert (scan["method"], scan["trend"], scan["autolag"]) == ("engle_granger", "c", "aic")
    assert (scan["n"], scan["level"]) == (BARS, 0.05)
    assert (scan["holdout_share"], scan["screen"], scan["fit"]) == (0.5, 0.5, 0.9)
    assert scan["calibrated"] is False
    assert all(row["p_calibrated"] is None for row in scan["items"])


def test_a_scan_carries_critical_values_and_the_lag_rule(api: Client, scan: dict[str, Any]) -> None:
    y, x = closes(api, "AAAUSDT", scan), closes(api, "BBBUSDT", scan)
    assert list(scan["critical_values"]) == ["1%", "5%", "10%"]
    _, _, expected = coint(y, x, autolag="aic")
    assert list(scan["critical_values"].values()) == pytest.approx(list(expected), abs=5e-3)
    one = api.get("/analytics/pair", **PAIR, window=BARS, scale="log")["cointegration"]
    assert scan["max_lag"] == one["max_lag"] == MAX_LAG


def test_a_scan_counts_each_symbols_bars_by_quality(api: Client) -> None:
    found = api.get("/analytics/scan", interval="1s", window=300)
    span = range(found["first_time"], found["last_time"] + 1, 1000)
    quiet = 0
    for symbol in found["symbols"]:
        bars = closed_bars(api, symbol, "1s")
        expected = Counter(bars[time]["quality"] for time in span)
        counts = found["quality"][symbol]
        assert {name: count for name, count in counts.items() if count} == expected
        assert sum(counts.values()) == 300
        quiet += counts["quiet"]
    assert quiet > 0


def test_a_row_of_a_scan_has_both_directions(api: Client, scan: dict[str, Any]) -> None:
    directions = set()
    swapped = api.get("/analytics/scan", window=BARS, symbols=",".join(reversed(scan["symbols"])))
    for row in (*scan["items"], *swapped["items"]):
        y, x = closes(api, row["symbol_a"], scan), closes(api, row["symbol_b"], scan)
        t_yx, p_yx, _ = coint(y, x, autolag="aic")
        t_xy, p_xy, _ = coint(x, y, autolag="aic")
        assert (row["statistic"], row["statistic_xy"]) == (
            pytest.approx(t_yx, rel=1e-7),
            pytest.approx(t_xy, rel=1e-7),
        )
        assert (row["p_yx"], row["p_xy"]) == (pytest.approx(p_yx, abs=1e-3), pytest.approx(p_xy, abs=1e-3))
        assert row["direction"] == ("x_on_y" if p_xy < p_yx else "y_on_x")
        assert row["p_value"] == pytest.approx(min(1, 2 * min(row["p_yx"], row["p_xy"])))
        assert 0 <= row["lags_xy"] <= MAX_LAG
        directions.add(row["direction"])
    assert len(directions) == 2, "one direction alone shows nothing"


def test_half_lives_of_a_scan_are_in_seconds_too(scan: dict[str, Any]) -> None:
    row = scan["items"][0]
    assert row["half_life_status"] == "ok"
    assert row["half_life_seconds"] == pytest.approx(60 * row["half_life"])
    assert row["reasons"] == {}


def test_a_number_that_lacks_in_a_tested_pair_has_a_reason(api: Client) -> None:
    row = api.get("/analytics/scan", interval="5m", window=30)["items"][0]
    assert (row["status"], row["half_life"], row["half_life_seconds"]) == ("ok", None, None)
    assert row["half_life_status"] == "oscillating"
    assert list(row["reasons"]) == ["half_life"]
    assert "overshoot" in row["reasons"]["half_life"]


def test_one_test_says_how_it_was_made(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, window=BARS)
    rule = {"autolag": "aic", "max_lag": MAX_LAG, "series_in_test": 2}
    assert found["adf"].items() >= (rule | {"regression": "n"}).items()
    assert found["cointegration"].items() >= (rule | {"regression": "c"}).items()
    one = api.get("/analytics/adf", symbol="AAAUSDT", window=BARS)
    assert one["adf"].items() >= (rule | {"regression": "c", "series_in_test": 1}).items()
    assert (one["kpss"]["regression"], one["kpss"]["autolag"], one["kpss"]["max_lag"]) == ("c", None, None)


def test_a_pair_carries_the_statistic_of_either_direction(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, window=WINDOW)["cointegration"]
    _, y, x = legs(api)
    y, x = y[-WINDOW - 1 : -1], x[-WINDOW - 1 : -1]
    assert found["statistic_yx"] == pytest.approx(coint(y, x, autolag="aic")[0], rel=1e-7)
    assert found["statistic_xy"] == pytest.approx(coint(x, y, autolag="aic")[0], rel=1e-7)
    decisive = {"y_on_x": "yx", "x_on_y": "xy"}[found["direction"]]
    assert (found["statistic"], found["lags"]) == (
        found[f"statistic_{decisive}"],
        found[f"lags_{decisive}"],
    )


def test_the_interval_of_a_half_life_is_in_seconds_too(api: Client) -> None:
    found = api.get("/analytics/pair", **PAIR, window=BARS)["half_life"]
    assert found["low_seconds"] == close(60 * found["low"])
    assert found["high_seconds"] == close(60 * found["high"])


def view_of_legs(y: Prices, x: Prices) -> PairView:
    """Return what two live legs show."""
    times = np.arange(len(y), dtype=np.int64) * MINUTE_MS * NS_PER_MS
    quality = np.full(len(y), int(Quality.COMPLETE))
    key = PairKey(Pair("AAAUSDT", "BBBUSDT"), "1m", WINDOW, HedgeMethod.OLS, Scale.LEVEL)
    bars = AlignedLegs(times, y, x, quality)
    return view_of(analyse(PairInputs(key, "made", None, 60, bars, 100, math.nan, math.nan, "")))


def walks(seed: int) -> tuple[Prices, Prices]:
    dice = np.random.default_rng(seed)
    x = 50 + dice.standard_normal(200).cumsum()
    return 2 * x + dice.standard_normal(200), x


def test_a_signal_says_what_the_p_behind_it_is() -> None:
    view = view_of_legs(*walks(3))
    now, then = (pair_analytics(view, role=role).signal_reason for role in ("descriptive", "formation"))
    assert then is not None
    assert "cointegrated at 5 % (p = " in then
    assert now == f"{then}; this p is descriptive: the verdict is the formation test's"
    stopped = replace(view, signal_reason="AAAUSDT is stopped")
    assert pair_analytics(stopped).signal_reason == "AAAUSDT is stopped"


def test_a_pair_says_why_it_has_no_correlation() -> None:
    grows = 100 * 1.001 ** np.arange(200)
    found = pair_analytics(view_of_legs(grows, walks(3)[1]))
    assert (found.status, found.correlation) == ("ok", None)
    assert found.correlation_reason == "the log returns of a leg do not vary"
    below = pair_analytics(view_of_legs(walks(3)[0] - 100, walks(3)[1]))
    assert (found.status, below.correlation) == ("ok", None)
    assert below.correlation_reason == "a price of the window is not positive: it has no log return"


def test_what_is_there_needs_no_reason_and_what_lacks_has_the_pairs_own() -> None:
    y, x = walks(3)
    whole = pair_analytics(view_of_legs(y, x))
    assert (whole.zscore_reason, whole.correlation_reason) == (None, None)
    holed = pair_analytics(view_of_legs(np.where(np.arange(200) == 180, math.nan, y), x))
    assert (holed.zscore, holed.correlation) == (None, None)
    assert holed.zscore_reason == holed.correlation_reason == holed.reason != ""


def test_a_p_of_every_bar_is_descriptive_and_one_of_a_fixed_window_is_not(
    api: Client, scan: dict[str, Any]
) -> None:
    now = api.get("/analytics/pair", **PAIR, window=WINDOW)
    end = now["last_time"] + MINUTE_MS
    then = api.get("/analytics/pair", **PAIR, window=WINDOW, end=end)
    assert now["adf"]["role"] == now["cointegration"]["role"] == "descriptive"
    assert then["adf"]["role"] == then["cointegration"]["role"] == "formation"
    assert scan["role"] == "descriptive"
    assert api.get("/analytics/scan", window=BARS, end=end)["role"] == "formation"
    for query in (PAIR, {"symbol": "AAAUSDT"}):
        assert api.get("/analytics/adf", **query, window=WINDOW)["adf"]["role"] == "descriptive"
        assert api.get("/analytics/adf", **query, window=WINDOW, end=end)["adf"]["role"] == "formation"
    # What ends in the time to come moves with every bar until it is there, and is as live as what has no end.
    ahead = now["as_of"] + 3_600_000
    moving = api.get("/analytics/pair", **PAIR, window=WINDOW, end=ahead)
    assert moving["adf"]["role"] == moving["cointegration"]["role"] == "descriptive"
    assert (moving["last_time"], moving["signal_reason"]) == (now["last_time"], now["signal_reason"])
    for path, key in (("adf", "adf"), ("lab", "adf")):
        assert api.get(f"/analytics/{path}", **PAIR, window=WINDOW, end=ahead)[key]["role"] == "descriptive"
    assert api.get("/analytics/scan", window=BARS, end=ahead)["role"] == "descriptive"
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", f"pair:AAAUSDT-BBBUSDT:1m:{WINDOW}:ols:level")
        message = ear.hear_type("snapshot", f"pair:AAAUSDT-BBBUSDT:1m:{WINDOW}:ols:level")
        assert message["data"]["cointegration"]["role"] == "descriptive"

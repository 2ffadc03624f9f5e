"""/analytics/scan and the matrix topic, held against statsmodels and numpy on the bars as served."""

import threading
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from statsmodels.tsa.stattools import coint

from listening import Ear
from problems import problem_of
from quant.analytics import scan_pairs
from quant.api import schemas
from quant.domain import IntArray
from quant.engine import closes
from quant.engine.cost import MATRIX_BYTES, MAX_CELLS, MAX_REQUEST_S
from served_bars import MINUTE_MS, Prices, closed_bars
from serving import Client

SYMBOLS = ["AAAUSDT", "BBBUSDT", "CCCUSDT"]
WINDOW = 120


def log_closes(api: Client, window: int = WINDOW, *, end: int | None = None) -> Prices:
    bars = [closed_bars(api, symbol) for symbol in SYMBOLS]
    times = sorted(set.union(*(set(each) for each in bars)))
    times = [time for time in times if end is None or time < end][-window:]
    return np.log([[each[time]["close"] for time in times] for each in bars])


def rows_of(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["symbol_a"], row["symbol_b"]): row for row in found["items"]}


def check(found: dict[str, Any], logs: Prices) -> None:
    """Hold every number of a scan against its definition."""
    rows, n = rows_of(found), logs.shape[1]
    pairs = list(combinations(range(3), 2))
    assert list(rows) == sorted(rows, key=lambda key: rows[key]["p_value"])
    assert set(rows) == {(SYMBOLS[i], SYMBOLS[j]) for i, j in pairs}
    assert found["pairs_tested"] == 3
    assert found["expected_false"] == pytest.approx(0.15)
    p_values = np.array([row["p_value"] for row in found["items"]])
    harmonic = sum(1 / k for k in (1, 2, 3))
    q = np.minimum.accumulate((p_values * 3 * harmonic / np.arange(1, 4))[::-1])[::-1]
    assert [row["q_value"] for row in found["items"]] == pytest.approx(np.minimum(q, 1).tolist())
    for i, j in pairs:
        row, y, x = rows[SYMBOLS[i], SYMBOLS[j]], logs[i], logs[j]
        t, p_yx, _ = coint(y, x, autolag="aic")
        _, p_xy, _ = coint(x, y, autolag="aic")
        beta, alpha = np.polyfit(x, y, 1)
        assert row["statistic"] == pytest.approx(t, rel=1e-7)
        assert row["p_value"] == pytest.approx(min(1, 2 * min(p_yx, p_xy)), abs=2e-3)
        assert (row["beta"], row["alpha"]) == (pytest.approx(beta, rel=1e-7), pytest.approx(alpha, rel=1e-6))
        assert row["correlation"] == pytest.approx(np.corrcoef(np.diff(y), np.diff(x))[0, 1], rel=1e-7)
        slope, cut = np.polyfit(x[:-1], y[:-1], 1)
        residual = y - cut - slope * x
        assert row["zscore"] == pytest.approx(residual[-1] / residual[:-1].std(ddof=1), rel=1e-6)
        assert row["status"] == "ok"
        assert row["holdout"] in ("screened_out", "failed", "survived")
    assert (found["have"], found["need"], found["window"]) == (n, n, n)


def test_a_scan_is_what_its_definitions_say(api: Client) -> None:
    found = api.get("/analytics/scan", window=WINDOW)
    check(found, log_closes(api))
    assert found["scale"] == "log"
    assert found["symbols"] == SYMBOLS
    assert found["last_time"] - found["first_time"] == (WINDOW - 1) * MINUTE_MS
    aaa = rows_of(found)["AAAUSDT", "BBBUSDT"]
    assert aaa["p_value"] < 0.05  # made so
    assert aaa["half_life"] > 0


def test_the_past_is_scanned_as_it_stood(api: Client) -> None:
    last = api.get("/analytics/scan", window=WINDOW)["last_time"]
    then = api.get("/analytics/scan", window=100, end=last)
    check(then, log_closes(api, 100, end=last))
    assert then["seq"] is None
    assert then["last_time"] == last - MINUTE_MS
    span = api.get("/analytics/scan", start=last - 100 * MINUTE_MS, end=last)
    assert span == then


def test_some_symbols_and_levels(api: Client) -> None:
    found = api.get("/analytics/scan", window=WINDOW, symbols="bbbusdt, aaausdt,BBBUSDT", scale="level")
    (row,) = found["items"]
    y, x = np.exp(log_closes(api))[[1, 0]]
    assert (row["symbol_a"], row["symbol_b"]) == ("BBBUSDT", "AAAUSDT")
    assert row["beta"] == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-7)
    assert found["scale"] == "level"


def test_a_scan_is_calibrated_on_request(api: Client) -> None:
    plain = api.get("/analytics/scan", window=WINDOW)
    found = api.get("/analytics/scan", window=WINDOW, calibrate=True)
    assert (plain["calibrated"], found["calibrated"]) == (False, True)
    assert found["seq"] is None  # it is not what the topic tells
    expected = scan_pairs(np.exp(log_closes(api)).T, calibrate=True, holdout=0.5)
    calibrated = {
        (SYMBOLS[i], SYMBOLS[j]): (p, q)
        for i, j, p, q in zip(expected.i, expected.j, expected.p_calibrated, expected.q_value, strict=True)
    }
    rows = rows_of(found)
    assert {pair: (row["p_calibrated"], row["q_value"]) for pair, row in rows.items()} == {
        pair: (pytest.approx(p, rel=1e-6), pytest.approx(q, rel=1e-6)) for pair, (p, q) in calibrated.items()
    }
    tied = rows["AAAUSDT", "BBBUSDT"]
    assert tied["p_value"] < tied["p_calibrated"] < 0.05
    unlike = {"calibrated", "seq", "items", "as_of"}
    assert {k: v for k, v in found.items() if k not in unlike} == {
        k: v for k, v in plain.items() if k not in unlike
    }


def test_calibration_has_its_price(api: Client) -> None:
    query = {"symbols": "AAAUSDT,BBBUSDT", "window": 120_000}
    problem_of(api.http.get("/analytics/scan", params=query), status=409)  # too few bars, not too long
    problem = problem_of(api.http.get("/analytics/scan", params=query | {"calibrate": True}), status=422)
    assert "calibrate" in problem["detail"]
    assert problem["estimate_s"] > problem["limit_s"] == MAX_REQUEST_S


def test_a_limit_leaves_the_least_p_and_counts_all(api: Client) -> None:
    whole = api.get("/analytics/scan", window=WINDOW)
    short = api.get("/analytics/scan", window=WINDOW, limit=1)
    assert short["items"] == whole["items"][:1]
    assert short["pairs_tested"] == 3


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ({"window": 3000}, 409, "need 3000"),
        ({"window": 10**9}, 422, "window"),
        ({"window": 10**9, "symbols": "AAAUSDT,BBBUSDT"}, 422, "10000000"),
        ({"window": 29}, 422, "window"),
        ({"symbols": "AAAUSDT"}, 422, "symbols"),
        ({"symbols": "AAAUSDT,AAAUSDT"}, 422, "symbols"),
        ({"symbols": ","}, 422, "symbols"),
        ({"symbols": "AAAUSDT,NONE"}, 404, "NONE"),
        ({"interval": "7m"}, 422, "interval"),
        ({"interval": "v5"}, 422, "interval"),
        ({"scale": "root"}, 422, "scale"),
        ({"calibrate": "perhaps"}, 422, "calibrate"),
        ({"limit": 10**9}, 422, "limit"),
        ({"start": 1, "end": 2, "window": 100}, 409, "have 0"),
        ({"start": "never"}, 422, "start"),
    ],
)
def test_what_cannot_be_scanned_is_named(api: Client, query: dict[str, Any], status: int, named: str) -> None:
    problem = problem_of(api.http.get("/analytics/scan", params=query), status=status)
    assert named in problem["detail"]


@pytest.mark.parametrize(
    "span",
    [{"window": 1_200_000}, {"start": "2015-01-01", "interval": "5m", "window": None}],
    ids=["window", "start"],
)
def test_bars_that_are_not_there_are_not_laid_out(
    api: Client, span: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out = count_grids(monkeypatch)
    query = {"symbols": "AAAUSDT,BBBUSDT"} | {
        name: value for name, value in span.items() if value is not None
    }
    problem = problem_of(api.http.get("/analytics/scan", params=query), status=409)
    assert problem["have"] < 1000 < 1_000_000 < problem["need"] <= MAX_CELLS // 2
    assert sum(rows for rows, _ in laid_out) < 10_000


@pytest.mark.parametrize("query", [{"window": MAX_CELLS // 2}, {"start": 0, "interval": "5m"}])
def test_few_symbols_with_bars_for_minutes_of_computing_are_refused(
    api: Client, query: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out = count_grids(monkeypatch)
    problem = problem_of(
        api.http.get("/analytics/scan", params=query | {"symbols": "AAAUSDT,BBBUSDT"}), status=422
    )
    assert problem["estimate_s"] > problem["limit_s"] == MAX_REQUEST_S
    assert sum(rows for rows, _ in laid_out) < 10_000


def test_bars_are_laid_out_beside_the_event_loop(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = count_grids(monkeypatch)
    api.get("/analytics/scan", window=WINDOW, symbols="AAAUSDT,BBBUSDT")
    assert [(rows, thread.split("-")[0]) for rows, thread in laid_out] == [(WINDOW, "analysis")]


def count_grids(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Return the list that takes the rows of each grid, and the thread it is made on, from now on."""
    made: list[tuple[int, str]] = []
    grid = closes._grid

    def counted(until: int, *, rows: int, width: int) -> IntArray:
        made.append((rows, threading.current_thread().name))
        return grid(until, rows=rows, width=width)

    monkeypatch.setattr(closes, "_grid", counted)
    return made


def test_the_topic_has_the_numbers_of_the_answer(api: Client) -> None:
    topic = f"matrix:1m:{WINDOW}"
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", topic)
        message = ear.hear_type("snapshot", topic)
        schemas.MatrixMessage.model_validate(message)
        answer = api.get("/analytics/scan", window=WINDOW)
        assert message["seq"] == message["data"]["seq"] == answer["seq"]
        assert message["data"] == answer
        check(answer, log_closes(api))


def test_matrices_are_refused_where_they_would_hold_too_much(api: Client) -> None:
    topics = [f"matrix:1m:{4000 + k}" for k in range(60)]
    with api.socket() as socket:
        ear = Ear(socket)
        taken = 0
        while True:
            ear.say("subscribe", topics[taken])
            said = ear.hear_until(lambda each: each["type"] in ("ack", "error"))
            if said["type"] == "error":
                break
            taken += 1
        assert said["topic"] == topics[taken]
        assert f"with it {taken + 1} matrices would hold about 2" in said["detail"]
        assert f"at most {MATRIX_BYTES // 2**20} MiB" in said["detail"]
        assert 5 < taken < 50
        ear.say("subscribe", topics[0])  # is one of them
        ear.hear_type("ack")
        ear.say("unsubscribe", topics[0])
        ear.hear_type("ack")
        ear.say("subscribe", topics[taken])
        assert ear.hear_until(lambda each: each["type"] in ("ack", "error"))["type"] == "ack"


@pytest.mark.parametrize("name", ["1m:29", "7m:100", "t50:100", "1m:many", "1m:0100", "1m:9999", "1m"])
def test_a_topic_that_cannot_be_is_refused(api: Client, name: str) -> None:
    topic = f"matrix:{name}"
    with api.socket() as socket:
        ear = Ear(socket)
        ear.say("subscribe", topic)
        assert ear.hear_until(lambda each: each["type"] == "error")["topic"] == topic

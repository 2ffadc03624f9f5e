"""A price that stands still has no statistics, and whoever asks is told so."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from problems import problem_of
from recorded import Trade, write_recording
from serving import Client, serving

START_MS = 1_750_000_020_000


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    trades = []
    for number in range(1, 1200):
        time, price = START_MS + 5000 * number, Decimal(1000 + number * 7919 % 83) / 10
        prices = {"STILLUSDT": Decimal("5.5"), "MOVEUSDT": price, "ALSOUSDT": price * price}
        for symbol, each in prices.items():
            trades.append(Trade(symbol, number, time, each, Decimal(1), sold=False))
    folder = tmp_path_factory.mktemp("constant")
    file = write_recording(folder / "made.gz", trades)
    with serving(folder / "data", source=f"replay:{file}", speed=0) as server:
        server.client.wait_finished()
        yield server.client


@pytest.mark.parametrize("legs", [("STILLUSDT", "MOVEUSDT"), ("MOVEUSDT", "STILLUSDT")])
@pytest.mark.parametrize("path", ["pair", "hedge-ratio", "spread", "zscore", "adf"])
@pytest.mark.parametrize("method", ["ols", "huber", "theil_sen", "kalman", "tls"])
def test_a_pair_needs_two_legs_that_move(api: Client, legs: tuple[str, str], path: str, method: str) -> None:
    query = {"symbol_a": legs[0], "symbol_b": legs[1], "window": "60", "method": method}
    body = problem_of(api.http.get(f"/analytics/{path}", params=query), status=409)
    assert (body["have"], body["need"]) == (1, 2)
    assert legs[0] in body["detail"]


def test_a_test_of_one_symbol_needs_one_that_moves(api: Client) -> None:
    query = {"symbol": "STILLUSDT", "window": "60"}
    body = problem_of(api.http.get("/analytics/adf", params=query), status=409)
    assert (body["have"], body["need"]) == (1, 2)


def test_in_a_scan_only_its_own_pairs_suffer(api: Client) -> None:
    rows = api.get("/analytics/scan", window=60)["items"]
    status = {frozenset((row["symbol_a"], row["symbol_b"])): row for row in rows}
    still = [row for pair, row in status.items() if "STILLUSDT" in pair]
    assert len(still) == 2
    assert {row["status"] for row in still} == {"zero_variance"}
    assert all(row["p_value"] is row["beta"] is row["zscore"] is None and row["reason"] for row in still)
    twins = status[frozenset(("MOVEUSDT", "ALSOUSDT"))]  # one is the other's square
    assert (twins["status"], twins["p_value"]) == ("duplicate", None)


def test_a_symbol_is_no_pair_with_itself(api: Client) -> None:
    for path in ("pair", "adf", "zscore"):
        query = {"symbol_a": "MOVEUSDT", "symbol_b": " moveusdt "}
        assert (
            "symbol_b" in problem_of(api.http.get(f"/analytics/{path}", params=query), status=422)["detail"]
        )

"""Events as CSV: what was told comes back whole, and a spreadsheet finds no formula in it."""

import csv
import io
from typing import Any

import pytest

from quant.alerts.event_csv import FIELDS, csv_header, csv_lines, inert_cell

EVENT: dict[str, Any] = {
    "time": 1_750_000_000_123,
    "severity": "warning",
    "rule_id": "r1",
    "rule_revision": 3,
    "rule": {"name": "a rule"},
    "market": "sim-7",
    "reason": 'z is 2.3, above 2; "quoted", with a comma',
    "evidence": [
        {
            "trades": [
                {"symbol": "BTCUSDT", "first_id": 7, "last_id": 9},
                {"symbol": "ETHUSDT", "first_id": 4, "last_id": 4},
            ],
            "quality": {"complete": 59, "quiet": 1},
        },
        {"trades": [{"symbol": "BTCUSDT", "first_id": 7, "last_id": 9}], "quality": {}},
    ],
    "ended_at": None,
    "ended_because": None,
    "acknowledged_at": 1_750_000_001_000,
    "id": "e1",
}


def read(*events: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_header() + csv_lines(events))))


def test_every_field_comes_back() -> None:
    (row,) = read(EVENT)
    assert tuple(row) == FIELDS
    assert row["time"] == "2025-06-15T15:06:40.123+00:00"
    assert row["acknowledged"] == "2025-06-15T15:06:41.000+00:00"
    assert row["reason"] == EVENT["reason"]
    assert row["trades"] == "BTCUSDT 7-9; ETHUSDT 4"
    assert row["quality"] == "complete 59 quiet 1"
    assert (row["rule_revision"], row["ended"], row["ended_because"], row["id"]) == ("3", "", "", "e1")


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "  =1+1",
        "\uff1d1+1",
        '=HYPERLINK("https://evil.example","a")',
    ],
)
def test_no_name_is_a_formula(name: str) -> None:
    (row,) = read(EVENT | {"rule": {"name": name}})
    assert row["name"] == f"'{name}"


def test_a_line_of_its_own_is_no_way_around() -> None:
    for text in ("\r=1+1", "\n=1+1"):
        assert inert_cell(text) == f"'{text}"


def test_other_text_is_as_it_was() -> None:
    for text in ("BTC rich against ETH", "z > 2", "<b>bold</b>", "", "1=1", "币安人生"):
        assert inert_cell(text) == text

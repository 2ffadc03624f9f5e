"""Events as CSV for a spreadsheet: one line each, times UTC in ISO-8601, no cell a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]  # an event as the API gives it: JSON

FIELDS = (
    "time",
    "severity",
    "rule_id",
    "rule_revision",
    "name",
    "market",
    "reason",
    "trades",
    "quality",
    "ended",
    "ended_because",
    "acknowledged",
    "id",
)
TIMES = ("time", "ended", "acknowledged")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, full-width forms included."""


def csv_header() -> str:
    return _line(FIELDS)


def csv_lines(events: Iterable[Row]) -> str:
    """Return the lines of events, each with its end of line."""
    return "".join(_line(map(inert_cell, _cells(event))) for event in events)


def inert_cell(cell: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def event_row(event: Row) -> dict[str, Any]:  # texts, and numbers as JSON has them
    """Return what a table says of an event, by the column's name; times in ms."""
    evidence = event["evidence"]
    return {
        "time": event["time"],
        "severity": event["severity"],
        "rule_id": event["rule_id"],
        "rule_revision": event["rule_revision"],
        "name": event["rule"]["name"],
        "market": event["market"],
        "reason": event["reason"],
        "trades": "; ".join(dict.fromkeys(_span(each) for part in evidence for each in part["trades"])),
        "quality": "; ".join(
            dict.fromkeys(
                " ".join(f"{name} {count}" for name, count in part["quality"].items())
                for part in evidence
                if part["quality"]
            )
        ),
        "ended": event["ended_at"],
        "ended_because": event["ended_because"],
        "acknowledged": event["acknowledged_at"],
        "id": event["id"],
    }


def _cells(event: Row) -> Iterator[str]:
    for name, value in event_row(event).items():
        yield iso(value) if name in TIMES else "" if value is None else str(value)


def _span(trades: Row) -> str:
    first, last = trades["first_id"], trades["last_id"]
    return f"{trades['symbol']} {first}" + (f"-{last}" if last != first else "")


def iso(ms: int | None) -> str:
    """Return a time of the API in ISO-8601, empty for none."""
    return "" if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")

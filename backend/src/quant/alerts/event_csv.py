"""Events as CSV for a spreadsheet: one line each, times UTC in ISO-8601, no cell a formula."""

import csv
import io
from collections.abc import Iterable, Mapping
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


def _cells(event: Row) -> tuple[str, ...]:
    evidence = event["evidence"]
    return (
        iso(event["time"]),
        event["severity"],
        event["rule_id"],
        str(event["rule_revision"]),
        event["rule"]["name"],
        event["market"],
        event["reason"],
        "; ".join(dict.fromkeys(_span(each) for part in evidence for each in part["trades"])),
        "; ".join(
            dict.fromkeys(
                " ".join(f"{name} {count}" for name, count in part["quality"].items())
                for part in evidence
                if part["quality"]
            )
        ),
        iso(event["ended_at"]),
        event["ended_because"] or "",
        iso(event["acknowledged_at"]),
        event["id"],
    )


def _span(trades: Row) -> str:
    first, last = trades["first_id"], trades["last_id"]
    return f"{trades['symbol']} {first}" + (f"-{last}" if last != first else "")


def iso(ms: int | None) -> str:
    """Return a time of the API in ISO-8601, empty for none."""
    return "" if ms is None else datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")

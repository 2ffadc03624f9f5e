"""Quotes and mark prices over HTTP: the newest of every second, worked out from the messages by hand."""

import math
from typing import Any

import pytest

from listening import Message
from serving import Client

SYMBOL = "AAAUSDT"


def newest_by_second(quotes: list[Message], kind: str) -> list[dict[str, Any]]:
    """Return the message of each second with the highest event time, the later of equals."""
    kept: dict[int, dict[str, Any]] = {}
    for message in quotes:
        data = message["data"]
        second = data["E"] // 1000
        if data["e"] == kind and (second not in kept or data["E"] >= kept[second]["E"]):
            kept[second] = data
    return [data for _, data in sorted(kept.items())]


def as_quote(data: dict[str, Any]) -> dict[str, Any]:
    names = {"bid": "b", "bid_size": "B", "ask": "a", "ask_size": "A"}
    return {"time": data["T"]} | {name: float(data[short]) for name, short in names.items()}


def as_funding(data: dict[str, Any]) -> dict[str, Any]:
    prices = {"mark": float(data["p"]), "index": float(data["i"]), "funding_rate": float(data["r"])}
    return {"time": data["E"], "next_funding_time": data["T"]} | prices


EXPECTED = {"quote": ("bookTicker", as_quote), "funding": ("markPriceUpdate", as_funding)}


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_newest_of_every_second(api: Client, quotes: list[Message], kind: str) -> None:
    event, form = EXPECTED[kind]
    rows = [form(data) for data in newest_by_second(quotes, event)]
    assert len(rows) < sum(message["data"]["e"] == event for message in quotes), "no second has two"

    answer = api.get(f"/data/{SYMBOL}/{kind}", limit=1000)

    assert answer["items"] == rows
    assert answer["latest"] == rows[-1]
    assert all(math.isfinite(value) for row in rows for value in row.values())


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_part_of_the_series_still_says_the_latest(api: Client, quotes: list[Message], kind: str) -> None:
    event, form = EXPECTED[kind]
    rows = [form(data) for data in newest_by_second(quotes, event)]
    start, end = rows[5]["time"], rows[20]["time"]

    answer = api.get(f"/data/{SYMBOL}/{kind}", start=start, end=end, limit=10)

    assert answer["items"] == rows[10:20]
    assert answer["latest"] == rows[-1]


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_symbol_without_any_has_none(api: Client, kind: str) -> None:
    answer = api.get(f"/data/BBBUSDT/{kind}")
    assert (answer["items"], answer["latest"]) == ([], None)


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_recording_that_has_ended_brings_no_news(api: Client, kind: str) -> None:
    answer = api.get(f"/data/{SYMBOL}/{kind}")
    assert (answer["stale"], answer["stale_reason"]) == (True, "the recording has ended")

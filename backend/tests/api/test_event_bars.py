"""Bars of trades and volume over HTTP, worked out from the recorded trades with decimals."""

from decimal import Decimal
from typing import Any

import pytest

from problems import problem_of
from recorded import Trade
from serving import Client

SYMBOL = "AAAUSDT"


def bars_of(trades: list[Trade], interval: str) -> list[dict[str, Any]]:
    """Return what the API should say; the recording lies within one day, and begins inside its first bars."""
    groups: dict[int, list[Trade]] = {}
    volume = Decimal(0)
    for trade in (trade for trade in trades if trade.symbol == SYMBOL):
        size = Decimal(interval[1:])
        number = trade.id // int(size) if interval[0] == "t" else int(volume // size)
        volume += trade.size
        groups.setdefault(number, []).append(trade)
    bars = []
    for number, group in groups.items():
        prices = [trade.price for trade in group]
        sizes = sum((trade.size for trade in group), Decimal(0))
        quote = sum((trade.size * trade.price for trade in group), Decimal(0))
        cut = (
            interval[0] == "v" or group[0].id % int(interval[1:])
            if number == min(groups)
            else interval[0] == "v"
        )
        bars.append(
            {
                "time": group[0].time_ms,
                "open": float(prices[0]),
                "high": float(max(prices)),
                "low": float(min(prices)),
                "close": float(prices[-1]),
                "volume": float(sizes),
                "quote_volume": float(quote),
                "trades": sum(trade.count for trade in group),
                "vwap": float(f"{quote / sizes:.12g}"),
                "closed": number != max(groups),
                "quality": "partial" if cut else "complete",
                "revision": 0,
                "first_id": group[0].id,
                "last_id": group[-1].id,
            }
        )
    return bars


@pytest.mark.parametrize("interval", ["t1", "t30", "t500", "v25", "v100.5", "v0.001"])
def test_bars_follow_from_the_trades(api: Client, trades: list[Trade], interval: str) -> None:
    expected = bars_of(trades, interval)
    answer = api.get(f"/data/{SYMBOL}", interval=interval, limit=4096)

    assert answer["items"] == expected[-4096:]
    assert (answer["interval"], answer["symbol"]) == (interval, SYMBOL)


@pytest.mark.parametrize("interval", ["t1", "t30", "v100.5"])
def test_pages_join_to_the_whole(api: Client, trades: list[Trade], interval: str) -> None:
    """Several bars of one trade begin in the same millisecond: none is lost between pages, none comes twice."""
    expected = bars_of(trades, interval)
    pages: list[dict[str, Any]] = []
    end: dict[str, Any] = {}
    while True:
        page = api.get(f"/data/{SYMBOL}", interval=interval, limit=700, **end)
        pages = page["items"] + pages
        if page["next"] is None:
            break
        end = {"end": page["next"]}
    assert pages == expected


def test_a_span_of_time_is_cut_out(api: Client, trades: list[Trade]) -> None:
    expected = bars_of(trades, "t30")
    start, end = expected[5]["time"], expected[20]["time"]
    answer = api.get(f"/data/{SYMBOL}", interval="t30", start=start, end=end)
    assert answer["items"] == [bar for bar in expected if start <= bar["time"] < end]


@pytest.mark.parametrize("interval", ["t50", "v100"])
def test_a_pair_of_them_is_refused_with_the_reason(api: Client, interval: str) -> None:
    params = {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT", "interval": interval}
    body = problem_of(api.http.get("/analytics/pair", params=params), status=422)
    assert body["parameter"] == "interval"
    assert interval in body["detail"]
    assert "clock" in body["detail"]


@pytest.mark.parametrize(
    "interval", ["t", "t0", "t-5", "v", "v0", "v1.50", "v0.00000001", "t9999999999", "volume"]
)
def test_what_is_no_such_bar_is_refused_by_name(api: Client, interval: str) -> None:
    body = problem_of(api.http.get(f"/data/{SYMBOL}", params={"interval": interval}), status=422)
    assert body["parameter"] == "interval"
    assert interval in body["detail"]


def test_nothing_is_kept_where_nobody_listens(api: Client, trades: list[Trade]) -> None:
    first = api.get(f"/data/{SYMBOL}", interval="t77")
    second = api.get(f"/data/{SYMBOL}", interval="t77")
    assert second["seq"] > first["seq"]
    assert {**second, "seq": first["seq"]} == first

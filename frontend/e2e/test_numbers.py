"""Every number of the Monitor is the API's for the same sequence number, for several pairs, methods and windows."""

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from shown import LEAST_NUMBERS, RECORD, assert_same_numbers, shown_at

A_NUMBER = "[data-field=beta]:not([data-value=null])"
SYMBOLS = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT"]
VIEWS = [
    ("BTCUSDT", "ETHUSDT", "1m", "ols", 60, "level"),
    ("ETHUSDT", "SOLUSDT", "5m", "huber", 120, "log"),
    ("BNBUSDT", "BTCUSDT", "1m", "kalman", 90, "log"),
    ("SOLUSDT", "BNBUSDT", "1s", "theil_sen", 60, "level"),
]


@pytest.fixture(scope="module")
def page(own_server: Any, browser: Any) -> Any:
    """One page for all views, on which they are chosen one after the other."""
    own_server.post("/stream/start", {"symbols": SYMBOLS})
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    opened = context.new_page()
    opened.goto(f"{own_server.url}/?a=ETHUSDT&b=BTCUSDT&tf=5m&m=tls&w=70&z=2,0.5")
    expect(opened.locator(A_NUMBER)).to_be_visible()
    opened.evaluate(RECORD)
    yield opened
    context.close()


@pytest.mark.parametrize(("a", "b", "interval", "method", "window", "scale"), VIEWS)
def test_numbers_chart_and_address_follow_the_controls(
    own_server: Any, page: Page, a: str, b: str, interval: str, method: str, window: int, scale: str
) -> None:
    # A symbol cannot be both legs: B is moved out of the way first.
    other = page.get_by_label("Leg A", exact=True).input_value()
    spare = next(symbol for symbol in SYMBOLS if symbol not in (a, b, other))
    for label, symbol in (("Leg B", spare), ("Leg A", a), ("Leg B", b)):
        page.get_by_label(label, exact=True).select_option(symbol)
    page.get_by_label("Interval", exact=True).select_option(interval)
    page.get_by_label("Hedge method", exact=True).select_option(method)
    page.get_by_label("Price scale").select_option(scale)
    field = page.get_by_role("textbox", name="Window")
    field.fill(str(window))
    field.press("Enter")

    topic = f"pair:{a}-{b}:{interval}:{window}:{method}:{scale}"
    expect(page.get_by_test_id("numbers")).to_have_attribute("data-topic", topic)
    expect(page.locator(A_NUMBER)).to_be_visible()
    query = {
        "symbol_a": a,
        "symbol_b": b,
        "interval": interval,
        "window": window,
        "method": method,
        "scale": scale,
    }
    fields, body = shown_at(page, topic, lambda: own_server.get("/analytics/pair?" + urlencode(query)))
    assert assert_same_numbers(fields, body) >= LEAST_NUMBERS
    for symbol, name in ((a, "last_a"), (b, "last_b")):
        path = f"/data/{symbol}?interval={interval}&limit=1"
        fields, bars = shown_at(page, f"bars:{symbol}:{interval}", lambda path=path: own_server.get(path))
        assert float(fields[name][0]) == bars["items"][-1]["close"]

    assert page.url.endswith(f"/?a={a}&b={b}&tf={interval}&m={method}&w={window}&z=2,0.5&s={scale}")
    # The panes draw this view: the newest spread in the legend is the one of the numbers.
    expect(page.locator("[data-legend=price]")).to_contain_text(a)
    expect(page.locator("[data-legend=price]")).to_contain_text(b)

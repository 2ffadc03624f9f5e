"""A recording in a real browser: paused, put at another moment, and played on to its end."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect
from recorded import made_trades, write_recording

from shown import LEAST_NUMBERS, RECORD, assert_same_numbers, shown_at

START_MS = 1_750_000_020_000
VIEW = {"symbol_a": "AAAUSDT", "symbol_b": "BBBUSDT", "interval": "1s", "window": 60}
TOPIC = "pair:AAAUSDT-BBBUSDT:1s:60:ols:level"
RULE = {
    "name": "wide",
    "when": {
        "all": [{"metric": "zscore", "pair": "AAAUSDT-BBBUSDT", "interval": "1s", "op": ">", "value": 1.5}]
    },
    "rearm": 0.5,
}


@pytest.fixture(scope="module")
def served(module_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Serve a recording of eight minutes."""
    file = tmp_path_factory.mktemp("replay") / "made.gz"
    write_recording(file, made_trades(seed=21, minutes=8, start_ms=START_MS))
    return module_server({"SOURCE": f"replay:{file}", "SPEED": "1"})


@pytest.fixture
def server(served: Any) -> Any:
    """The recording, paused in its middle."""
    stands = served.get("/replay")
    served.post("/replay", {"position": (stands["begin"] + stands["end"]) // 2, "paused": True, "speed": 1})
    return served


def opened(visit: Callable[..., Any], server: Any, **look: Any) -> Any:
    seen = visit(**look)
    seen.page.goto(f"{server.url}/?a=AAAUSDT&b=BBBUSDT&tf=1s&m=ols&w=60")
    expect(slider(seen.page)).to_be_visible()
    expect(seen.page.locator("[data-field=beta]:not([data-value=null])")).to_be_visible()
    return seen


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Position in the recording")


def state(page: Page) -> Locator:
    return page.get_by_test_id("state")


def move(page: Page, server: Any, position: int) -> None:
    """Drag the slider there, and return once the page is there."""
    slider(page).fill(str(position))
    expect(page.get_by_test_id("replay-position")).to_have_attribute("data-position", str(position))
    expect(page.get_by_test_id("replay-position")).to_have_attribute("data-seeking", "false")
    assert server.get("/replay")["position"] == position


def assert_numbers_of_the_api(page: Page, server: Any) -> None:
    fields, body = shown_at(page, TOPIC, lambda: server.get(f"/analytics/pair?{urlencode(VIEW)}"))
    assert assert_same_numbers(fields, body) >= LEAST_NUMBERS


def test_a_trader_goes_back_and_plays_on(visit: Callable[..., Any], server: Any) -> None:
    begin, end = (server.get("/replay")[name] for name in ("begin", "end"))
    rule = server.post("/alerts", RULE)
    server.post("/replay", {"position": end})
    server.post("/replay", {"position": (begin + end) // 2})
    history = server.get("/alerts/history?limit=1000")["items"]
    assert history
    seen = opened(visit, server)
    page = seen.page
    page.evaluate(RECORD)
    expect(state(page)).to_have_text("‖ Paused")

    back = begin + (end - begin) // 4
    move(page, server, back)
    assert_numbers_of_the_api(page, server)
    as_of = server.get("/stream/status")["as_of"]
    assert as_of <= back
    (bar,) = server.get("/data/AAAUSDT?interval=1s&limit=1")["items"]
    last = page.locator("[data-field=last_a]")
    expect(last).to_have_attribute("data-value", str(bar["close"]))

    # The next that fires: shortly before it, nothing is told; played over it, it is.
    later = sorted(
        (event for event in history if event["time"] > back + 60_000), key=lambda event: event["time"]
    )
    event = later[0]
    toast = page.locator(f"[data-toast='{event['id']}']")
    move(page, server, event["time"] - 2_000)
    expect(toast).to_have_count(0)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(state(page)).to_have_text("● Live")
    expect(toast).to_be_visible()
    slider(page).focus()
    page.keyboard.press(" ")
    expect(state(page)).to_have_text("‖ Paused")
    assert [one["id"] for one in server.get("/alerts/history?limit=1000")["items"]] == [
        one["id"] for one in history
    ]
    assert server.get("/alerts/active")["items"][0]["rule_id"] == rule["id"]
    assert_numbers_of_the_api(page, server)

    page.get_by_label("Speed", exact=True).select_option("max")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(state(page)).to_have_text("■ Finished")
    assert server.get("/replay")["position"] == end
    assert_numbers_of_the_api(page, server)
    assert len(server.get("/alerts/history?limit=1000")["items"]) == len(history)
    page.get_by_role("button", name="Play again from the beginning").click()
    expect(state(page)).not_to_have_text("■ Finished")
    assert seen.console_errors == []


def test_keys_move_it(visit: Callable[..., Any], server: Any) -> None:
    page = opened(visit, server).page
    at = server.get("/replay")["position"]
    slider(page).focus()
    for key, step in (
        ("ArrowRight", 10_000),
        ("PageDown", -60_000),
        ("ArrowLeft", -10_000),
        ("PageUp", 60_000),
    ):
        page.keyboard.press(key)
        at += step
        expect(page.get_by_test_id("replay-position")).to_have_attribute("data-position", str(at))
    for name, step in (("−1 min", -60_000), ("+1 min", 60_000)):
        page.get_by_role("button", name=name, exact=True).click()
        at += step
        expect(page.get_by_test_id("replay-position")).to_have_attribute("data-position", str(at))
    slider(page).focus()
    page.keyboard.press("Home")
    begin = server.get("/replay")["begin"]
    expect(page.get_by_test_id("replay-position")).to_have_attribute("data-position", str(begin))
    expect(slider(page)).to_have_attribute("aria-valuetext", "15 Jun 2025, 15:07:06 UTC")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_fits(
    visit: Callable[..., Any],
    server: Any,
    violations: Callable[[Page], list[str]],
    width: int,
    height: int,
    theme: str,
) -> None:
    page = opened(visit, server, width=width, height=height, theme=theme).page
    inner, scroll = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert scroll <= inner
    if width == 1280:
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert violations(page) == []

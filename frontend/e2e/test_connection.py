"""What the page does when the server or the source goes away."""

import re
import socket
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"


def bar_times(page: Page) -> list[int]:
    """Return the open times of the bars that the page holds, newest first."""
    page.get_by_role("button", name="View data of Price").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("tbody tr").nth(50)).to_be_attached()
    times = dialog.locator("tbody tr").evaluate_all("rows => rows.map((row) => Number(row.dataset.time))")
    page.keyboard.press("Escape")
    return times


def test_a_restarted_server_is_live_again_by_itself(make_server: Any, visit: Any) -> None:
    server = make_server({})
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    page = visit().page
    page.goto(server.url + PAIR)
    state = page.get_by_test_id("state")
    expect(state).to_have_text(re.compile("Live"))
    expect(page.locator(A_NUMBER)).to_be_visible()

    server.stop()
    expect(state).to_have_text(re.compile("Offline"))
    expect(page.get_by_text(re.compile("The server does not answer"))).to_be_visible()
    # What came before stays to be read.
    expect(page.locator(A_NUMBER)).to_be_visible()
    assert bar_times(page)

    server.start()
    expect(state).to_have_text(re.compile("Live"))
    expect(page.get_by_text(re.compile("The server does not answer"))).to_have_count(0)
    times = bar_times(page)
    assert times == sorted(set(times), reverse=True)
    assert {newer - older for newer, older in pairwise(times)} == {60_000}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections: it is bound, so that nobody else gets it, and does not listen."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield int(reserved.getsockname()[1])


def test_without_a_route_to_binance_one_click_leads_to_the_simulated_market(
    make_server: Any, visit: Any, closed_port: int
) -> None:
    nowhere = f"127.0.0.1:{closed_port}"
    server = make_server(
        {"SOURCE": "binance", "BINANCE_WS_URL": f"ws://{nowhere}", "BINANCE_REST_URL": f"http://{nowhere}"}
    )
    page = visit().page
    page.goto(server.url)
    expect(page.get_by_test_id("state")).to_have_text(re.compile("No source"))
    reason = server.get("/stream/status")["reason"]
    assert reason
    page.get_by_role("button", name="Use the simulated market").click()
    expect(page.get_by_test_id("state")).to_have_text(re.compile("Live"))
    expect(page.locator(A_NUMBER)).to_be_visible()
    expect(page.get_by_test_id("numbers")).to_have_attribute("data-market", re.compile("^sim-"))
    expect(page.get_by_label("Source")).to_have_value(re.compile("^sim"))
    assert server.get("/stream/status")["market"].startswith("sim-")

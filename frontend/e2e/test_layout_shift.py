"""While a page opens, what is there stays where it is: numbers come, and move nothing."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

LEGS = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
# A page, and what of it comes last.
PAGES = {
    PAIR: "[data-legend=correlation] [data-series=correlation]",
    "/scan?tf=1m&w=240": "[data-row]",
    "/pair/BTCUSDT/ETHUSDT?tf=1m&w=240&m=ols&s=level": "[data-truth=beta]",
    "/rules": "[aria-label='What happened'] p",
    "/export-data": "[data-testid=estimate]",
    "/system": "[data-field=version_product]",
}
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const from = entry.sources.map(({ node }) => node?.nodeName + " " + node?.textContent?.slice(0, 40));
    if (!entry.hadRecentInput) window.shifts.push([entry.value, from.join("; ")]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# 0.1 is called good elsewhere; a line of text that moves the rest of a phone's page by its height is more than this.
MOST = 0.02
FRAMES = 30


@pytest.fixture(autouse=True)
def streaming(server: Any) -> None:
    server.post("/stream/start", {"symbols": LEGS})


def settle(page: Page) -> None:
    for _ in range(FRAMES):
        page.evaluate("() => new Promise(requestAnimationFrame)")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
@pytest.mark.parametrize("address", PAGES)
def test_nothing_jumps_while_a_page_opens(
    server: Any, visit: Any, address: str, width: int, height: int
) -> None:
    page = visit(width=width, height=height).page
    page.add_init_script(WATCH)
    page.goto(server.url + address)
    expect(page.locator(PAGES[address]).first).to_be_visible()
    settle(page)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < MOST, shifts

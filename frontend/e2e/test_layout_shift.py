"""What is there stays where it is, while a page opens and when the server goes away."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from relay import Relay

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
EDITOR = "/rules?new=1&a=BTCUSDT&b=ETHUSDT&tf=1m&w=60"
LAST = PAGES | {EDITOR: "[data-testid=preview-summary]"}
# Beside the charts of a wide Monitor.
SIDE = ("[aria-label='Tests of this pair']", ".js-plotly-plot")
WIDE = 1024
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


def arrive(page: Page, address: str) -> None:
    """Return when all of the page is there."""
    is_wide = (page.viewport_size or {"width": 0})["width"] >= WIDE
    for each in (LAST[address], *(SIDE if address == PAIR and is_wide else ())):
        expect(page.locator(each).first).to_be_visible()


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
    arrive(page, address)
    settle(page)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < MOST, shifts


# Where everything on the page is, but for what lies over it; a footer may say more than before, below everything.
BOXES = """() => [...document.querySelectorAll("header, main, main *, footer")]
  .filter((one) => !one.closest("[data-afloat]") && one.checkVisibility() && !one.closest("svg, table, canvas"))
  .map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    const last = one.tagName === "FOOTER";
    return [one.tagName, one.ariaLabel ?? one.dataset.testid ?? "", x, y, width, last ? 0 : height].join(" ");
  })
  .filter((line) => /^(HEADER|MAIN|SECTION|DIV|DL|FOOTER)/.test(line))
"""


HIDDEN = """() => innerWidth < 1024 ? [] : [...document.querySelectorAll("main form :is(button, input, select)")]
  .filter((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const spots = [[left + 1, top + 1], [right - 1, top + 1], [left + 1, bottom - 1], [right - 1, bottom - 1]];
    return spots.some(([x, y]) => document.elementFromPoint(x, y)?.closest("[data-afloat]"));
  })
  .map((one) => one.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
@pytest.mark.parametrize("address", [*PAGES, EDITOR])
def test_nothing_moves_when_the_server_goes_away_and_comes_back(
    server: Any, visit: Any, address: str, width: int, height: int
) -> None:
    page = visit(width=width, height=height).page
    with Relay(server.port) as wire:
        page.goto(wire.url + address)
        arrive(page, address)
        page.wait_for_load_state("networkidle")
        settle(page)
        before = page.evaluate(BOXES)
        assert len(before) > 10
        wire.cut()
        banner = page.locator("[data-afloat]")
        expect(banner).to_contain_text("The server does not answer")
        settle(page)
        assert page.evaluate(BOXES) == before
        # It is in the window, and what it offers can be pressed.
        expect(banner).to_be_in_viewport(ratio=1)
        banner.get_by_role("button", name="Try now").click(trial=True)
        # It hides nothing of a form.
        assert page.evaluate(HIDDEN) == []
        # The end of the page can be read, too.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        end = page.evaluate("""() => {
          const content = document.querySelector("footer") ?? document.querySelector("main");
          const edge = document.querySelector("[data-afloat]").getBoundingClientRect();
          return innerWidth < 1024 ? content.getBoundingClientRect().bottom - edge.top : 0;
        }""")
        assert end <= 0
        page.evaluate("scrollTo(0, 0)")
        wire.mend()
        expect(banner).to_be_hidden()
        settle(page)
        assert page.evaluate(BOXES) == before


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_a_command_that_fails_moves_nothing_and_can_be_sent_again(
    own_server: Any, visit: Any, width: int, height: int
) -> None:
    own_server.post("/stream/start", {"symbols": LEGS})
    page = visit(width=width, height=height).page
    with Relay(own_server.port) as wire:
        page.goto(wire.url + PAIR)
        arrive(page, PAIR)
        settle(page)
        before = page.evaluate(BOXES)
        wire.cut()
        page.get_by_role("button", name="Stop", exact=True).click()
        failure = page.get_by_role("alert").filter(has=page.get_by_role("button", name="Dismiss"))
        expect(failure).to_be_in_viewport(ratio=1)
        settle(page)
        assert page.evaluate(BOXES) == before
        failure.get_by_role("button", name="Dismiss").click()
        expect(failure).to_be_hidden()
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(failure).to_be_visible()
        wire.mend()
        failure.get_by_role("button", name="Retry").click()
        expect(failure).to_be_hidden()
        expect(page.get_by_test_id("state")).to_have_text(re.compile("Stopped"))


def test_another_time_zone_moves_nothing(server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(server.url + PAIR)
    arrive(page, PAIR)
    settle(page)
    before = page.evaluate(BOXES)
    page.get_by_role("button", name="switch to local time").click()
    expect(page.get_by_role("button", name="switch to UTC")).to_be_visible()
    settle(page)
    assert page.evaluate(BOXES) == before

"""What every page has to be: accessible, self-contained, and of the size of its window."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
THEMES = ["dark", "light"]


@pytest.fixture(autouse=True)
def streaming_pair(server: Any) -> None:
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})


def open_monitor(page: Page, url: str) -> None:
    page.goto(url + PAIR)
    expect(page.locator(A_NUMBER)).to_be_visible()
    expect(
        page.get_by_role("group", name=re.compile("^Price, spread")).locator("canvas").first
    ).to_be_visible()


def open_symbols(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Symbols")).click()
    expect(page.get_by_role("checkbox").first).to_be_visible()


def open_plotly(page: Page) -> None:
    page.get_by_role("button", name="Open Z-score in Plotly").click()
    expect(page.get_by_role("dialog").locator(".main-svg").first).to_be_visible()


def open_data(page: Page) -> None:
    open_plotly(page)
    page.get_by_role("tab", name="Data").click()
    expect(page.get_by_role("dialog").locator("tbody tr").first).to_be_visible()


def ask_for_another_source(page: Page) -> None:
    page.get_by_label("Source").select_option("binance")
    expect(page.get_by_text(re.compile("another market"))).to_be_visible()


def type_a_bad_window(page: Page) -> None:
    page.get_by_role("textbox", name="Window").fill("1")
    expect(page.get_by_role("alert")).to_be_visible()


def leave_as_it_is(page: Page) -> None:
    expect(page.locator(".js-plotly-plot").first).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_no_accessibility_violations_on_the_monitor(
    server: Any, visit: Any, violations: Any, theme: str
) -> None:
    states: list[Callable[[Page], None]] = [
        leave_as_it_is,
        type_a_bad_window,
        ask_for_another_source,
        open_symbols,
        open_plotly,
        open_data,
    ]
    page = visit(theme=theme).page
    open_monitor(page, server.url)
    for bring_about in states:
        bring_about(page)
        assert violations(page) == [], bring_about.__name__
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert chart_background(page) == token(page, "--card")


@pytest.mark.parametrize("theme", THEMES)
def test_no_accessibility_violations_on_a_phone_and_on_about(
    server: Any, visit: Any, violations: Any, theme: str
) -> None:
    page = visit(width=390, height=844, theme=theme).page
    open_monitor(page, server.url)
    page.get_by_role("tab", name="Regression").click()
    assert violations(page) == []
    page.get_by_label("Page", exact=True).select_option("About")
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    assert violations(page) == []


def token(page: Page, name: str) -> str:
    """Return a colour of the page's theme as `r,g,b`."""
    return str(
        page.evaluate(
            """name => {
                 const probe = document.body.appendChild(document.createElement("i"));
                 probe.style.color = `var(${name})`;
                 const color = getComputedStyle(probe).color;
                 probe.remove();
                 return color.match(/\\d+/g).slice(0, 3).join();
               }""",
            name,
        )
    )


def chart_background(page: Page) -> str:
    """Return the most frequent colour of the price pane, which no rule can read off the page's elements."""
    canvas = page.get_by_role("group", name=re.compile("^Price, spread")).locator("canvas").nth(2)
    return str(
        canvas.evaluate(
            """canvas => {
                 const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                 const counts = new Map();
                 for (let i = 0; i < data.length; i += 4) {
                   const key = data.slice(i, i + 3).join();
                   counts.set(key, (counts.get(key) ?? 0) + 1);
                 }
                 return [...counts].sort((one, other) => other[1] - one[1])[0][0];
               }"""
        )
    )


def test_no_console_errors_and_no_outside_requests(server: Any, visit: Any) -> None:
    seen = visit()
    page = seen.page
    open_monitor(page, server.url)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    page.goto(f"{server.url}/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    page.goto(f"{server.url}/redoc")
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.locator("[data-section-id]").first).to_be_visible()
    assert seen.console_errors == []
    inside = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    assert [address for address in seen.requests if not address.startswith(inside)] == []


def test_plotly_is_loaded_only_after_the_first_data(server: Any, visit: Any) -> None:
    seen = visit()
    order: list[str] = []
    seen.page.on("request", lambda request: order.append(request.url))
    seen.page.on("websocket", lambda live: live.on("framereceived", lambda _: order.append("frame")))
    open_monitor(seen.page, server.url)
    expect(seen.page.locator(".js-plotly-plot").first).to_be_visible()
    plotly = next(index for index, url in enumerate(order) if re.search(r"/assets/draw-.*\.js", url))
    assert "frame" in order[:plotly]


@pytest.mark.parametrize("theme", THEMES)
def test_the_monitor_fits_its_window(server: Any, visit: Any, theme: str) -> None:
    page = visit(theme=theme).page
    open_monitor(page, server.url)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    ) == [
        1280,
        720,
    ]

    phone = visit(width=390, height=844, theme=theme).page
    open_monitor(phone, server.url)
    assert phone.evaluate("() => document.documentElement.scrollWidth") == 390
    overflowing = phone.evaluate(
        """() => [...document.querySelectorAll("header *, dl *, footer *, [role=tab]")]
             .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
             .filter((element) => getComputedStyle(element).position !== "absolute")
             .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert overflowing == []


def test_the_theme_is_kept_and_applied_before_the_page_is_painted(server: Any, visit: Any) -> None:
    page = visit().page
    open_monitor(page, server.url)
    page.get_by_role("button", name="Switch to the light theme").click()
    expect(page.locator("html")).to_have_class("light")
    page.goto(f"{server.url}/about", wait_until="commit")
    expect(page.locator("html")).to_have_class("light")
    open_monitor(page, server.url)
    expect(page.locator("html")).to_have_class("light")
    assert chart_background(page) == token(page, "--card") == "255,255,255"

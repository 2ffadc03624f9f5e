"""The whole flow without a mouse: every control is reached by Tab, its focus can be seen, Escape gives it back."""

import re
from typing import Any

from playwright.sync_api import Page, expect

A_NUMBER = "[data-field=beta]:not([data-value=null])"
MOST_STOPS = 120

FOCUS = """
() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return {
    tag: element.tagName,
    name: element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.title
      ?? element.textContent,
    text: element.textContent,
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}
"""


def focused(page: Page) -> dict[str, Any]:
    return dict(page.evaluate(FOCUS))


def tab_to(page: Page, target: Any) -> None:
    """Press Tab until the target has the focus; every stop on the way can be seen."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        at = focused(page)
        assert at["outline"] or at["tag"] == "BODY", f"the focus on {at} cannot be seen"
    raise AssertionError(f"Tab never comes to {target}")


def test_from_start_to_stop_without_a_mouse(make_server: Any, visit: Any) -> None:
    server = make_server({})
    seen = visit()
    page = seen.page
    state = page.get_by_test_id("state")
    page.goto(server.url)
    expect(state).to_have_text(re.compile("Live"))
    stop = page.get_by_role("button", name="Stop")
    tab_to(page, stop)
    page.keyboard.press("Enter")
    expect(state).to_have_text(re.compile("Stopped"))

    # Symbols: opened, chosen, closed with Escape, which gives the focus back.
    symbols = page.get_by_role("button", name=re.compile("^Symbols"))
    tab_to(page, symbols)
    page.keyboard.press("Enter")
    for line in server.get("/stream/status")["symbols"]:
        box = page.get_by_role("checkbox", name=line["symbol"])
        tab_to(page, box)
        page.keyboard.press("Space")
        expect(box).not_to_be_checked()
    for name in ("BTCUSDT", "ETHUSDT"):
        box = page.get_by_role("checkbox", name=name)
        tab_to(page, box)
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    page.keyboard.press("Escape")
    expect(symbols).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Start", exact=True))
    page.keyboard.press("Enter")
    expect(state).to_have_text(re.compile("Live"))
    expect(page.locator(A_NUMBER)).to_be_visible()

    # Interval and window.
    interval = page.get_by_label("Interval", exact=True)
    tab_to(page, interval)
    page.keyboard.type("1s")
    expect(interval).to_have_value("1s")
    window = page.get_by_role("textbox", name="Window")
    tab_to(page, window)
    page.keyboard.press("Control+a")
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("numbers")).to_have_attribute("data-topic", re.compile(":1s:90:"))

    # A number's origin, a chart's data, its file: each dialog gives the focus back.
    for name in ("Where Z-score comes from", "View data of Z-score", "Open Z-score in Plotly"):
        opener = page.get_by_title(name).or_(page.get_by_role("button", name=name, exact=True)).first
        tab_to(page, opener)
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        # The dialog keeps the focus as long as it is open.
        for _ in range(12):
            page.keyboard.press("Tab")
            assert dialog.evaluate("box => box.contains(document.activeElement)")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()
    tab_to(page, page.get_by_role("button", name="CSV of Z-score"))
    with page.expect_download():
        page.keyboard.press("Enter")

    # To the other pages and back by shortcuts, and Stop.
    for key, title in (("c", "Scanner"), ("l", "Pair lab"), ("d", "Data and export"), ("s", "System")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.locator(A_NUMBER)).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Stop"))
    page.keyboard.press("Space")
    expect(state).to_have_text(re.compile("Stopped"))
    assert seen.console_errors == []

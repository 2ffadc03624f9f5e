"""The dashboard without any server: a build for a static host, whose market is in the page."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from static_host import build, hosting

A_NUMBER = "[data-field=beta]:not([data-value=null])"
# A page, its title, and what of it comes last.
PAGES = {
    "/scan": ("Scanner", "[data-row]"),
    "/pair/BTCUSDT/ETHUSDT?tf=1m&w=240&m=ols&s=level": ("Pair lab", "[data-truth=beta]"),
    "/rules": ("Alert rules", "[aria-label='What happened'] p"),
    "/rules?new=1": ("Alert rules", "[data-testid=preview-summary]"),
    "/export-data": ("Data and export", "[data-testid=estimate]"),
    "/system": ("System", "[data-field=version_product]"),
    "/about": ("About", "main h2"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The build with the mock in it, on a host that answers nothing but files."""
    folder = tmp_path_factory.mktemp("site")
    build(folder, VITE_USE_MOCK="true")
    with hosting(folder) as port:
        yield f"http://127.0.0.1:{port}"


def wait_for_another(page: Page, selector: str, attribute: str) -> None:
    """Return when an element's attribute is another than it is now."""
    page.wait_for_function(
        "([selector, name, now]) => document.querySelector(selector).getAttribute(name) !== now",
        arg=[selector, attribute, page.locator(selector).get_attribute(attribute)],
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_every_page_lives_without_a_server(site: str, visit: Any, width: int, height: int) -> None:
    seen = visit(width=width, height=height)
    page = seen.page
    page.goto(site)
    expect(page.get_by_test_id("state")).to_have_attribute("data-state", "live")
    expect(page.locator(A_NUMBER)).to_be_visible()
    for name in ("last_a", "last_b", "live\\.zscore"):
        wait_for_another(page, f"[data-field={name}]", "data-value")
    wait_for_another(page, "[data-testid=numbers]", "data-seq")
    for path, (title, last) in PAGES.items():
        page.goto(site + path)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator(last).first).to_be_visible()
    page.goto(site)
    expect(page.get_by_test_id("state")).to_have_attribute("data-state", "live")
    assert seen.console_errors == []
    assert {urlsplit(address).netloc for address in seen.requests} - {""} == {urlsplit(site).netloc}


def test_it_stops_starts_and_has_rules_that_can_be_made(site: str, visit: Any) -> None:
    seen = visit()
    page = seen.page
    state = page.get_by_test_id("state")
    page.goto(site)
    expect(state).to_have_attribute("data-state", "live")
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_attribute("data-state", "stopped")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(state).to_have_attribute("data-state", "live")
    page.get_by_role("button", name="New rule").first.click()
    name = page.get_by_label("Name").input_value()
    page.get_by_role("button", name="Create rule").click()
    expect(page.locator("[data-rule]").filter(has_text=name).first).to_be_visible()
    assert seen.console_errors == []

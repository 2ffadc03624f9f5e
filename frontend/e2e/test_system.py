"""The System page: the ledger's numbers are the server's, holes are listed, a store that fails is said aloud."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

NAMES = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
COLUMNS: dict[str, Callable[[Any], str]] = {
    "state": lambda line: line["state"],
    "last_id": lambda line: str(line["last_id"]),
    "ticks": lambda line: f"{line['ticks']:,}",
    "open": lambda line: str(line["gaps"]["open"]),
    "filled": lambda line: str(line["gaps"]["filled"]),
    "confirmed": lambda line: str(line["gaps"]["confirmed"]),
    "duplicates": lambda line: f"{line['duplicates']:,}",
    "out_of_order": lambda line: f"{line['out_of_order']:,}",
    "quarantined": lambda line: f"{line['quarantined']:,}",
}


@pytest.fixture(scope="module", autouse=True)
def streaming(own_server: Any) -> None:
    own_server.post("/stream/start", {"symbols": NAMES})


def row(page: Page, symbol: str) -> Any:
    button = page.get_by_role("button", name=symbol, exact=True)
    return page.get_by_role("row").filter(has=button)


def cell(page: Page, symbol: str, field: str) -> Any:
    return row(page, symbol).locator(f"[data-field={field}]")


def line_of(server: Any, symbol: str) -> Any:
    return next(line for line in server.get("/stream/status")["symbols"] if line["symbol"] == symbol)


MISSED_MS = 10_000


def test_holes_are_counted_and_listed(own_server: Any, visit: Any) -> None:
    """Trades missed while a stream was stopped are a hole until they are fetched."""
    page = visit().page
    page.goto(f"{own_server.url}/system?symbol=SOLUSDT")
    expect(cell(page, "SOLUSDT", "state")).to_contain_text("live")
    own_server.post("/stream/stop", {"symbols": ["SOLUSDT"]})
    expect(cell(page, "SOLUSDT", "state")).to_contain_text("stopped")
    own_server.wait_market(MISSED_MS)  # it trades meanwhile
    own_server.post("/stream/start", {"symbols": ["SOLUSDT"]})

    expect(cell(page, "SOLUSDT", "filled")).to_have_text("1")
    holes = page.get_by_role("region", name="List of holes").locator("tbody tr")
    expect(holes).to_have_count(1)
    expect(holes.locator("[data-field=state]")).to_contain_text("filled")
    (hole,) = own_server.get("/data/SOLUSDT/gaps")["items"]
    assert holes.locator("[data-field=first_id]").inner_text() == str(hole["first_id"])
    assert holes.locator("[data-field=last_id]").inner_text() == str(hole["last_id"])


def test_the_numbers_are_the_servers(own_server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{own_server.url}/system")
    expect(cell(page, "ETHUSDT", "state")).to_contain_text("live")
    own_server.post("/stream/stop", {})  # what stands still can be compared
    for symbol in NAMES:
        expect(cell(page, symbol, "state")).to_contain_text("stopped")
        line = line_of(own_server, symbol)
        for field, text in COLUMNS.items():
            expect(cell(page, symbol, field)).to_contain_text(text(line))
        assert cell(page, symbol, "last_id").inner_text() == str(line["last_id"])


def test_a_symbol_is_chosen_by_its_name_and_kept_in_the_address(own_server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{own_server.url}/system")
    page.get_by_role("button", name="ETHUSDT", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Holes of ETHUSDT")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Holes of ETHUSDT")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_it_fits_and_anybody_can_use_it(
    own_server: Any, visit: Any, violations: Any, theme: str, width: int, height: int
) -> None:
    seen = visit(width=width, height=height, theme=theme)
    page = seen.page
    page.goto(f"{own_server.url}/system?symbol=SOLUSDT")
    expect(page.get_by_role("region", name="Holes of SOLUSDT")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.console_errors == []


def test_a_store_that_fails_is_said_aloud(make_server: Any, visit: Any) -> None:
    unable = make_server(
        {}, lambda folder: (folder / "journal.sqlite").mkdir()
    )  # no file can be opened there
    unable.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    page = visit().page
    for path in ("/system", "/"):
        page.goto(unable.url + path)
        banner = page.get_by_role("alert").filter(has_text="Trades are not being stored: ")
        expect(banner).to_contain_text("unable to open database file")
    page.goto(f"{unable.url}/system")
    expect(page.get_by_test_id("journal")).to_have_attribute("data-state", "failing")
    assert json.dumps(unable.get("/stream/status")["journal"]["reason"]).strip('"') in page.content()

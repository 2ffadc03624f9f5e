"""What every page shares: palette, shortcuts, looks, layout; and what every chart offers."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

MS = timedelta(milliseconds=1)
A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
PAIR_QUERY = {
    "symbol_a": "BTCUSDT",
    "symbol_b": "ETHUSDT",
    "interval": "1m",
    "window": 60,
    "method": "ols",
    "scale": "level",
}


@pytest.fixture(autouse=True)
def streaming(server: Any) -> None:
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT", "SOLUSDT"]})


@pytest.fixture
def seen(server: Any, visit: Any) -> Any:
    one = visit()
    one.page.goto(server.url + PAIR)
    expect(one.page.locator(A_NUMBER)).to_be_visible()
    return one


def commands(page: Page) -> Any:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Commands")
    expect(field).to_be_focused()
    return field


def test_the_palette_goes_to_pairs_and_pages_and_gives_the_focus_back(seen: Any, violations: Any) -> None:
    page = seen.page
    swap = page.get_by_role("button", name="Swap the legs")
    swap.focus()
    field = commands(page)
    assert violations(page) == []
    field.fill("nothing of this kind")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(swap).to_be_focused()

    commands(page).fill("sol eth")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("numbers")).to_have_attribute(
        "data-topic", "pair:ETHUSDT-SOLUSDT:1m:60:ols:level"
    )
    commands(page).fill("about")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()
    assert seen.console_errors == []


def test_the_shortcut_sheet_and_a_shortcut(seen: Any, violations: Any) -> None:
    page = seen.page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.get_by_test_id("numbers")).to_have_attribute(
        "data-topic", "pair:ETHUSDT-BTCUSDT:1m:60:ols:level"
    )
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="System")).to_be_visible()


def rows_of(page: Page, button: str) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    text = download.value.path().read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def number(text: str) -> float | None:
    return float(text) if text else None


def test_files_equal_the_rows_of_the_api(server: Any, seen: Any) -> None:
    page = seen.page
    rows = rows_of(page, "CSV of Z-score")
    series = server.get("/analytics/pair?" + urlencode(PAIR_QUERY))["series"]
    wanted = dict(zip(series["time"], series["zscore"], strict=True))
    compared = [(number(row["zscore"]), wanted[milliseconds(row["time"])]) for row in rows[5:]]
    assert len(compared) > 1000
    assert all(ours == theirs for ours, theirs in compared)

    rows = rows_of(page, "CSV of Price")
    bars = server.get("/data/BTCUSDT?interval=1m&limit=1000")["items"]
    closed = {bar["time"]: bar for bar in bars if bar["closed"]}
    common = [row for row in rows[:-1] if milliseconds(row["time"]) in closed]
    assert len(common) > 900
    for row in common:
        bar = closed[milliseconds(row["time"])]
        for name in ("open", "high", "low", "close", "volume"):
            assert number(row[f"BTCUSDT_{name}"]) == bar[name]


def test_view_data_shows_the_numbers_of_the_api(server: Any, seen: Any, violations: Any) -> None:
    page = seen.page
    page.get_by_role("button", name="View data of Hedge ratio over time").click()
    cells = page.get_by_role("dialog").locator("tbody tr")
    expect(cells.nth(100)).to_be_attached()
    assert violations(page) == []
    shown = cells.evaluate_all(
        "rows => rows.map((row) => [Number(row.dataset.time), row.cells[1].textContent])"
    )
    series = server.get("/analytics/pair?" + urlencode(PAIR_QUERY))["series"]
    betas = dict(zip(series["time"], series["beta"], strict=True))
    for time, text in shown[1:50]:
        assert abs(float(text.replace(",", "").replace("−", "-")) - betas[time]) <= 1e-3


def test_a_fresh_visitor_sees_dark_whatever_the_system_prefers(server: Any, browser: Browser) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(server.url + PAIR)
    expect(page.locator("html")).to_have_class("dark")
    context.close()


def test_palettes_and_layout_are_kept_and_reset(seen: Any) -> None:
    page = seen.page
    commands(page).fill("red up")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-palette", "red-up")
    line = page.get_by_role("separator", name="Width of the side panels")
    line.focus()
    page.keyboard.press("ArrowLeft")
    expect(line).to_have_attribute("aria-valuenow", "336")
    page.reload(wait_until="commit")
    expect(page.locator("html")).to_have_attribute("data-palette", "red-up")
    expect(line).to_have_attribute("aria-valuenow", "336")
    commands(page).fill("reset layout")
    page.keyboard.press("Enter")
    expect(line).to_have_attribute("aria-valuenow", "320")


def test_the_comparison_is_in_the_address(seen: Any) -> None:
    page = seen.page
    page.get_by_role("button", name=re.compile("^Charts")).click()
    page.get_by_role("checkbox", name="SOLUSDT").check()
    expect(page).to_have_url(re.compile("cmp=SOLUSDT"))
    page.keyboard.press("Escape")
    page.reload()
    value = page.locator("[data-legend=price] [data-series=SOLUSDT]")
    expect(value).to_have_text(re.compile(r"^\d+\.\d\d$"))


def test_thresholds_are_in_the_address(seen: Any) -> None:
    page = seen.page
    page.get_by_role("button", name=re.compile("thresholds")).click()
    page.get_by_role("textbox", name="Entry").fill("1.5")
    page.get_by_role("textbox", name="Stop").fill("3.5")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"z=1\.5,0\.5,3\.5"))
    expect(page.locator("[data-legend=zscore]")).to_contain_text("entry ±1.5, exit ±0.5, stop ±3.5")


def test_the_ticket_and_the_origin_of_a_number(seen: Any, violations: Any) -> None:
    page = seen.page
    page.get_by_role("button", name="Trade ticket").click()
    expect(page.get_by_test_id("break-even")).to_have_text(re.compile(r"^\d+\.\d bps$"))
    assert violations(page) == []
    page.get_by_role("textbox", name="notional").fill("-1")
    expect(page.get_by_role("alert").filter(has_text="above 0")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_title("Where Z-score comes from").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(6)
    expect(dialog.locator("tbody tr")).to_have_count(61)
    assert violations(page) == []
    assert seen.console_errors == []


def test_times_across_a_change_of_clocks(browser: Browser, server: Any) -> None:
    """The axis of Plotly and the table say the same, and the hour that comes twice has two places."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, timezone_id="Europe/Berlin")
    stored = json.dumps({"state": {"theme": "dark", "zone": "local"}, "version": 0})
    context.add_init_script(f"localStorage.setItem('quant.preferences', {stored!r})")
    page = context.new_page()
    # The same bars, moved so that the newest is an hour and a half after clocks went back, at 01:00 UTC.
    moved_to = round(datetime(2026, 10, 25, 2, 30, tzinfo=UTC).timestamp() * 1000)
    newest: dict[str, int] = {}

    def moved(message: str | bytes) -> str:
        body = json.loads(message)
        topic = str(body.get("topic", ""))
        if topic.startswith("bars:") and "data" in body:
            items = body["data"]["items"]
            base = newest.setdefault("time", items[-1]["time"]) if items else 0
            for item in items:
                item["time"] += moved_to - base
        return json.dumps(body)

    def relay(route: Any) -> None:
        upstream = route.connect_to_server()
        upstream.on_message(lambda message: route.send(moved(message)))

    page.route_web_socket(re.compile("/ws$"), relay)
    page.goto(server.url + PAIR)
    expect(page.locator("[data-field=last_a]")).to_be_visible()
    page.get_by_role("button", name="View data of Price").click()
    rows = page.get_by_role("dialog").locator("tbody tr")
    expect(rows.nth(100)).to_be_attached()
    shown = rows.evaluate_all(
        "rows => rows.map((row) => [Number(row.dataset.time), row.cells[0].textContent])"
    )
    texts = [text for _, text in shown]
    assert len(set(texts)) == len(texts)
    assert any(text.endswith("CEST") for text in texts)
    assert any(text.endswith("CET") for text in texts)
    times = [time for time, _ in shown]
    assert times == sorted(set(times), reverse=True)
    context.close()


def test_the_zone_has_the_name_of_the_moment_shown(browser: Browser, server: Any) -> None:
    """Not of now: this user's clock is half a year away from the market."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, timezone_id="Europe/Berlin")
    stored = json.dumps({"state": {"theme": "dark", "zone": "local"}, "version": 0})
    context.add_init_script(f"localStorage.setItem('quant.preferences', {stored!r})")
    server.wait_market(0)
    begun = datetime.fromtimestamp(server.get("/stream/status")["as_of"] / 1000, ZoneInfo("Europe/Berlin"))
    other = datetime(begun.year + 1, 1 if begun.dst() else 7, 15, tzinfo=UTC)
    context.add_init_script(f"const real = Date.now; Date.now = () => real() + {(other - begun) / MS:.0f}")
    page = context.new_page()
    page.goto(server.url + PAIR)
    named = re.compile(rf"\d {begun.tzname()}\b")
    expect(page.get_by_test_id("market-time")).to_contain_text(named)
    for path, where in (
        ("/system", page.locator("header p")),
        ("/scan?tf=1m&w=240", page.get_by_text("up to the bar of")),
        ("/pair/BTCUSDT/ETHUSDT?tf=1m&w=240&m=ols&s=level", page.get_by_text("up to the bar of")),
        ("/rules?new=1&a=BTCUSDT&b=ETHUSDT&tf=1m&w=60", page.get_by_test_id("preview")),
        ("/export-data", page.get_by_test_id("estimate")),
    ):
        page.goto(server.url + path)
        expect(where.first).to_contain_text(named)
    context.close()


def test_what_comes_late_into_a_popover_stays_on_a_phones_screen(server: Any, visit: Any) -> None:
    page = visit(width=390, height=844).page
    held: list[Any] = []
    page.route("**/bell-list-*.js", lambda route: held.append(route))
    with page.expect_request("**/bell-list-*.js"):
        page.goto(server.url + PAIR)
    page.get_by_test_id("bell").click()
    dialog = page.get_by_role("dialog", name="Alerts")
    expect(dialog).to_be_visible()
    held[0].continue_()
    expect(dialog.get_by_role("button", name="Rules and history")).to_be_visible()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    box = dialog.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390

"""The System page: its numbers are the server's, holes are listed, a store that fails is said aloud."""

import csv
import json
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

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
    expect(fact(page, "version_product")).to_be_visible()
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


UNITS = ("B", "kB", "MB", "GB")


def size(count: int) -> str:
    """Return bytes as the page writes them."""
    power = min(3, int(math.log10(count)) // 3) if count else 0
    return f"{count / 1000**power:,.{1 if power else 0}f} {UNITS[power]}"


def held(page: Page, url: str) -> Any:
    """Open the page with one answer about the server, the real one, and let no other follow; return it."""
    answers: list[Any] = []

    def once(route: Route) -> None:
        if not answers:
            answer = route.fetch()
            answers.append(answer.json())
            route.fulfill(response=answer)

    page.route("**/system/status", once)
    page.goto(f"{url}/system")
    expect(page.locator("[data-field=version_product]")).to_be_visible()
    return answers[0]


def fact(page: Page, field: str) -> Any:
    return page.locator(f"dl [data-field={field}]")


def wait_latency(server: Any) -> None:
    server.post("/stream/start", {"symbols": NAMES})
    server.wait_answer(
        "/system/status", enough=lambda answer: len(answer["latency"]["symbols"]) == len(NAMES)
    )


def test_what_the_server_takes_is_what_it_says(own_server: Any, visit: Any) -> None:
    wait_latency(own_server)
    page = visit().page
    said = held(page, own_server.url)
    process, buffers, disk = said["process"], said["buffers"], said["disk"]
    shown = {
        "memory_bytes": size(process["memory_bytes"]),
        "peak_memory_bytes": size(process["peak_memory_bytes"]),
        "buffer_ticks": f"{buffers['ticks']:,}",
        "tick_capacity": f"{buffers['tick_capacity']:,}",
        "tick_bytes": size(buffers["tick_bytes"]),
        "buffer_bars": f"{buffers['bars']:,}",
        "bar_bytes": size(buffers["bar_bytes"]),
        "used_bytes": size(disk["used_bytes"]),
        "free_bytes": size(disk["free_bytes"]),
        "total_bytes": size(disk["total_bytes"]),
        "open_files": f"{process['open_files']:,}",
        "version_product": said["versions"]["product"],
        "version_python": said["versions"]["python"],
        "version_sqlite": said["versions"]["sqlite"],
        "version_platform": said["versions"]["platform"],
    }
    shown |= {f"library_{name}": version for name, version in said["versions"]["libraries"].items()}
    for field, text in shown.items():
        expect(fact(page, field)).to_have_text(text)


def test_the_latency_shown_is_the_servers(
    own_server: Any, visit: Any, violations: Any, tmp_path: Any
) -> None:
    wait_latency(own_server)
    page = visit().page
    latency = held(page, own_server.url)["latency"]
    of_eth = next(each for each in latency["symbols"] if each["symbol"] == "ETHUSDT")
    for chosen, delays in (("All symbols", latency["total"]), ("ETHUSDT", of_eth)):
        page.get_by_label("Latency of").select_option(chosen)
        for field in ("p50_ms", "p95_ms", "p99_ms", "max_ms"):
            expect(fact(page, field)).to_have_text(f"{delays[field]:,.1f} ms")
        expect(page.locator("[data-field=latency_trades]")).to_have_text(f"{delays['trades']:,}")
        bars = page.locator("[data-bucket]")
        counts = [int(str(bar.get_attribute("data-trades"))) for bar in bars.all()]
        assert counts == delays["counts"]

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of Feed latency").click()
    assert download.value.suggested_filename == "feed-latency-sim-7-ETHUSDT.csv"
    download.value.save_as(tmp_path / "latency.csv")
    rows = list(csv.DictReader((tmp_path / "latency.csv").read_text().splitlines()))
    assert [int(row["trades"]) for row in rows] == of_eth["counts"]
    assert [row["up_to_ms"] for row in rows] == [*map(str, latency["bounds_ms"]), ""]

    page.get_by_role("button", name="View data of Feed latency").click()
    table = page.get_by_role("region", name="Data of Feed latency").locator("tbody tr")
    expect(table).to_have_count(len(of_eth["counts"]))
    assert [row.locator("td").first.inner_text() for row in table.all()] == [
        f"{count:,}" for count in of_eth["counts"]
    ]
    assert violations(page) == []


def test_versions_are_copied_for_a_report(own_server: Any, visit: Any) -> None:
    page = visit().page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    said = held(page, own_server.url)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    report = page.evaluate("navigator.clipboard.readText()")
    assert said["versions"]["platform"] in report
    assert f"numpy {said['versions']['libraries']['numpy']}" in report
    assert page.evaluate("navigator.userAgent") in report
    assert str(own_server.data_dir) not in report


def test_what_the_server_refuses_is_said_and_asked_again(
    own_server: Any, visit: Any, violations: Any
) -> None:
    problem = {"status": 503, "code": "unavailable", "detail": "ask again in a moment", "request_id": "4711"}
    seen = visit()
    page = seen.page
    page.route(
        "**/system/status",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    page.goto(f"{own_server.url}/system")
    alert = page.get_by_role("alert").filter(has_text="ask again in a moment")
    expect(alert).to_contain_text("Request 4711")
    expect(page.get_by_text("Not known: see above.")).to_have_count(3)
    assert violations(page) == []
    with page.expect_request("**/system/status"):
        alert.get_by_role("button", name="Retry").click()
    page.unroute("**/system/status")
    expect(fact(page, "memory_bytes")).to_be_visible()
    expect(alert).to_have_count(0)

    shown = fact(page, "version_platform").inner_text()
    page.route("**/system/status", lambda route: route.abort())
    expect(page.get_by_test_id("stale")).to_have_count(3)
    expect(page.get_by_test_id("stale").first).to_have_text(re.compile(r"stale \d\d:\d\d:\d\d UTC$"))
    expect(fact(page, "version_platform")).to_have_text(shown)
    page.unroute("**/system/status")
    expect(page.get_by_test_id("stale")).to_have_count(0)


def test_panels_wait_for_the_first_answer(own_server: Any, visit: Any, violations: Any) -> None:
    page = visit().page
    page.route("**/system/status", lambda _: None)
    page.goto(f"{own_server.url}/system")
    for name in ("Feed latency", "Memory and buffers", "Versions"):
        waiting = page.get_by_role("region", name=name, exact=True).get_by_role("status")
        expect(waiting).to_have_text(f"Waiting for: {name}")
    assert violations(page) == []


def test_a_market_without_trades_has_no_latency(make_server: Any, visit: Any) -> None:
    quiet = make_server({})
    page = visit().page
    page.goto(f"{quiet.url}/system")
    panel = page.get_by_role("region", name="Feed latency")
    expect(panel).to_contain_text("No latency: no stream has brought a trade in the last 5 minutes.")
    expect(panel.get_by_role("button")).to_have_count(0)

"""The Scanner: the API's numbers, sorting that stays, focus and scroll that stay, pairs that open in the lab."""

import csv
import io
import re
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from relay import Relay

from shown import assert_reads_as

SYMBOLS = ["ADAUSDT", "AVAXUSDT", "BNBUSDT", "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]
PAIRS = len(SYMBOLS) * (len(SYMBOLS) - 1) // 2
FIELDS = ("p_value", "q_value", "beta", "zscore", "half_life", "correlation")
WINDOW = 240
# Closes of one second come while the test looks.
FAST = "/scan?tf=1s&w=30"


@pytest.fixture(autouse=True)
def streaming(own_server: Any) -> None:
    """All symbols stream and have their past, whatever the test before left."""
    own_server.post("/stream/start", {"symbols": SYMBOLS})
    own_server.wait_answer(
        f"/analytics/scan?interval=1m&window={WINDOW}&symbols={','.join(SYMBOLS)}",
        enough=lambda scan: all(item["p_value"] is not None for item in scan["items"]),
    )


def scan(page: Page) -> Locator:
    return page.get_by_test_id("scan")


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="Pairs of the scan").locator("[data-row]")


def open_scanner(page: Page, url: str, address: str = f"/scan?tf=1m&w={WINDOW}") -> None:
    page.goto(url + address)
    expect(rows(page).first).to_be_visible()


def named(page: Page) -> list[str]:
    return [str(name) for name in rows(page).evaluate_all("rows => rows.map(row => row.dataset.row)")]


def shown_row(page: Page, pair: str) -> dict[str, tuple[str, str]]:
    found = page.locator(f'[data-row="{pair}"] [data-value]').evaluate_all(
        "cells => cells.map(cell => [cell.dataset.field, cell.dataset.value, cell.textContent])"
    )
    return {field: (value, text) for field, value, text in found}


def asked(server: Any, **more: str) -> Any:
    query = "&".join(f"{name}={value}" for name, value in more.items())
    return server.get(f"/analytics/scan?interval=1m&window={WINDOW}&{query}")


def test_every_number_is_the_apis(own_server: Any, visit: Any) -> None:
    """Level prices are scanned on demand: what stands still is compared, all pairs, all columns."""
    page = visit().page
    symbols = ",".join(SYMBOLS)
    own_server.post("/stream/stop", {})  # so that both answers are of the same bars
    open_scanner(page, own_server.url, f"/scan?tf=1m&w={WINDOW}&s=level&sym={symbols}")
    body = asked(own_server, symbols=symbols, scale="level")
    expect(rows(page)).to_have_count(PAIRS)
    compared = 0
    for item in body["items"]:
        fields = shown_row(page, f"{item['symbol_a']}/{item['symbol_b']}")
        for name in FIELDS:
            value, text = fields[name]
            if item[name] is None:
                assert value == "null"
                continue
            assert float(value) == item[name], name
            assert_reads_as(text, item[name])
            compared += 1
    assert compared >= 100
    for name in ("pairs_tested", "expected_false", "found"):
        value = scan(page).locator(f"[data-field={name}]").first.get_attribute("data-value")
        assert float(str(value)) == body[name]

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of the pairs").click()
    text = download.value.path().read_text(encoding="utf-8")
    saved = list(csv.DictReader(io.StringIO(text)))
    assert [(row["symbol_a"], row["symbol_b"]) for row in saved] == [tuple(n.split("/")) for n in named(page)]
    by_pair = {(item["symbol_a"], item["symbol_b"]): item for item in body["items"]}
    for row in saved:
        item = by_pair[row["symbol_a"], row["symbol_b"]]
        for name in FIELDS:
            assert (float(row[name]) if row[name] else None) == item[name]


RANKS = ("survived", "failed", "screened_out", "not_tried")
# What each head sorts by; None stands last in both directions.
KEYS: dict[str, Callable[[Any], Any]] = {
    "Pair": lambda row: (row["symbol_a"].removesuffix("USDT"), row["symbol_b"].removesuffix("USDT")),
    "p": itemgetter("p_value"),
    "q": itemgetter("q_value"),
    # Times the number of pairs, which is the same for all.
    "By chance": itemgetter("p_value"),
    "β": itemgetter("beta"),
    "z": itemgetter("zscore"),
    "Half-life": itemgetter("half_life"),
    "Corr": itemgetter("correlation"),
    "Hold-out": lambda row: RANKS.index(row["holdout"]),
    "Status": itemgetter("status"),
}


def in_order(items: list[Any], key: Callable[[Any], Any], *, descending: bool) -> list[str]:
    """Return the names of the API's rows by a key: equal ones by name whatever the direction, absent ones last."""
    by_name = sorted(items, key=lambda row: (row["symbol_a"], row["symbol_b"]))
    known = sorted((row for row in by_name if key(row) is not None), key=key)
    if descending:
        groups = [list(group) for _, group in groupby(known, key)]
        known = [row for group in reversed(groups) for row in group]
    absent = [row for row in by_name if key(row) is None]
    return [f"{row['symbol_a']}/{row['symbol_b']}" for row in known + absent]


def test_the_order_by_every_column_is_that_of_the_apis_rows(own_server: Any, visit: Any) -> None:
    page = visit().page
    symbols = ",".join(SYMBOLS)
    own_server.post("/stream/stop", {})  # so that both answers are of the same bars
    open_scanner(page, own_server.url, f"/scan?tf=1m&w={WINDOW}&s=level&sym={symbols}")
    items = asked(own_server, symbols=symbols, scale="level")["items"]
    expect(rows(page)).to_have_count(PAIRS)
    heads = page.get_by_role("region", name="Pairs of the scan").get_by_role("columnheader")
    assert [text.strip() for text in heads.all_inner_texts()] == list(KEYS)
    # p is what it begins with: from another column every first click is ascending.
    heads.last.get_by_role("button").click()
    assert len({tuple(in_order(items, key, descending=False)) for key in KEYS.values()}) >= 6
    for name, key in KEYS.items():
        head = heads.filter(has_text=re.compile(f"^{name}$"))
        for _ in range(2):
            head.get_by_role("button").click()
            expect(head).to_have_attribute("aria-sort", re.compile("ascending|descending"))
            descending = head.get_attribute("aria-sort") == "descending"
            assert named(page) == in_order(items, key, descending=descending), (name, descending)


def test_it_sorts_by_every_column_and_the_address_keeps_it(own_server: Any, visit: Any) -> None:
    page = visit().page
    open_scanner(page, own_server.url)
    heads = page.get_by_role("columnheader")
    for index in range(heads.count()):
        head = heads.nth(index)
        head.get_by_role("button").click()
        for _ in range(2):
            expect(head).to_have_attribute("aria-sort", re.compile("ascending|descending"))
            expect(page.locator("[aria-sort=ascending], [aria-sort=descending]")).to_have_count(1)
            sign = -1 if head.get_attribute("aria-sort") == "descending" else 1
            assert_sorted(page, index, sign)
            head.get_by_role("button").click()
    page.get_by_role("columnheader", name="z", exact=True).get_by_role("button").click()
    page.get_by_role("textbox", name="p at most").fill("0.5")
    page.get_by_role("textbox", name="p at most").press("Enter")
    expect(page).to_have_url(re.compile("p=0.5"))
    before = named(page)
    page.reload()
    expect(page.get_by_role("columnheader", name="z", exact=True)).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("textbox", name="p at most")).to_have_value("0.5")
    assert 0 < len(before) < PAIRS


def assert_sorted(page: Page, column: int, sign: int) -> None:
    cells = rows(page).evaluate_all(
        """(rows, column) => rows.map(row => row.children[column].querySelector("[data-value]")?.dataset.value)""",
        column,
    )
    numbers = [float(cell) for cell in cells if cell not in (None, "null")]
    assert numbers == sorted(numbers, key=lambda number: sign * number)
    assert "null" not in cells or cells.index("null") >= len(numbers)


def test_updates_move_neither_rows_nor_focus_nor_scroll(own_server: Any, visit: Any) -> None:
    page = visit(height=400).page
    open_scanner(page, own_server.url, f"{FAST}&sort=-zscore")
    box = page.get_by_role("region", name="Pairs of the scan")
    first = rows(page).first.get_by_role("link")
    first.focus()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.closest('tr').dataset.row")
    box.evaluate("element => { element.scrollTop = 75; }")
    expect(rows(page)).to_have_count(PAIRS)
    order, seq = named(page), int(str(scan(page).get_attribute("data-seq")))
    z = page.locator("[data-field=zscore] [data-value]").all_inner_texts()
    page.wait_for_function(
        "seq => Number(document.querySelector('[data-testid=scan]').dataset.seq) >= seq", arg=seq + 4
    )
    assert page.locator("[data-field=zscore] [data-value]").all_inner_texts() != z
    assert named(page) == order
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == focused
    assert box.evaluate("element => element.scrollTop") == 75


def test_a_row_and_a_cell_open_their_pair_by_click_and_enter(own_server: Any, visit: Any) -> None:
    page = visit().page
    open_scanner(page, own_server.url)
    pair = named(page)[0]
    address = re.compile(rf"/pair/{pair}\?tf=1m&w={WINDOW}&s=log$")
    cell = page.locator(f'button[data-pair="{pair}"]')
    ways: list[Callable[[], None]] = [
        lambda: rows(page).first.get_by_role("link").click(),
        lambda: rows(page).first.get_by_role("link").press("Enter"),
        cell.click,
        lambda: cell.press("Enter"),
    ]
    for way in ways:
        way()
        expect(page).to_have_url(address)
        expect(page.get_by_role("heading", name="Pair lab")).to_be_visible()
        page.go_back()
        expect(rows(page).first).to_be_visible()
    page.get_by_role("link", name="Pair lab").click()
    page.get_by_role("link", name="Scanner").click()
    expect(page).to_have_url(re.compile(rf"/scan\?tf=1m&w={WINDOW}$"))


def test_the_monitor_lists_its_pairs_and_their_matrix(own_server: Any, visit: Any, violations: Any) -> None:
    page = visit().page
    page.goto(f"{own_server.url}/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5")
    page.get_by_role("tab", name="Pairs").click()
    box = page.get_by_role("region", name="All streaming pairs")
    listed = box.locator("[data-row]")  # those in view
    expect(box.locator("table")).to_have_attribute("aria-rowcount", str(PAIRS + 1))
    expect(listed.first.locator("svg path[d^=M]")).to_be_attached()
    assert violations(page) == []
    a, b = str(listed.first.get_attribute("data-row")).split("/")
    listed.first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"a={a}&b={b}&"))
    page.get_by_role("tab", name="Matrix").click()
    page.locator('button[data-pair="ADAUSDT/BNBUSDT"]').press("Enter")
    expect(page).to_have_url(re.compile("a=ADAUSDT&b=BNBUSDT&"))
    expect(page.get_by_test_id("numbers")).to_have_attribute("data-topic", re.compile("ADAUSDT-BNBUSDT"))
    assert violations(page) == []


NUMBERS_OF_ROWS = """
rows => rows.map(row => [row.dataset.row, Object.fromEntries(
  [...row.querySelectorAll("[data-value]")].map(cell => [cell.dataset.field, JSON.parse(cell.dataset.value)]),
)])
"""


def test_the_monitors_pairs_sort_by_every_column(own_server: Any, visit: Any) -> None:
    page = visit().page
    with Relay(own_server.port) as wire:
        page.goto(f"{wire.url}/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5")
        page.get_by_role("tab", name="Pairs").click()
        box = page.get_by_role("region", name="All streaming pairs")
        expect(box.locator("table")).to_have_attribute("aria-rowcount", str(PAIRS + 1))
        # A window so tall that all rows are in view, and no news: what is sorted is what is read.
        page.set_viewport_size({"width": 1280, "height": 2400})
        expect(box.locator("[data-row]")).to_have_count(PAIRS)
        wire.freeze()
        listed = [
            dict(zip(("symbol_a", "symbol_b"), name.split("/"), strict=True)) | numbers
            for name, numbers in box.locator("[data-row]").evaluate_all(NUMBERS_OF_ROWS)
        ]
        keys: dict[str, Callable[[Any], Any]] = {
            "Pair": KEYS["Pair"],
            "z": KEYS["z"],
            "p": KEYS["p"],
            "HL": KEYS["Half-life"],
            "60 bars": lambda row: None if row["zscore"] is None else abs(row["zscore"]),
        }
        heads = box.get_by_role("columnheader")
        assert [text.strip() for text in heads.all_inner_texts()] == list(keys)
        for name, key in keys.items():
            head = heads.filter(has_text=re.compile(f"^{name}$"))
            for _ in range(2):
                head.get_by_role("button").click()
                expect(head).to_have_attribute("aria-sort", re.compile("ascending|descending"))
                descending = head.get_attribute("aria-sort") == "descending"
                shown = box.locator("[data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
                assert shown == in_order(listed, key, descending=descending), (name, descending)
        wire.thaw()


def test_too_few_bars_are_counted_and_too_few_symbols_said(own_server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{own_server.url}/scan?tf=5m&w=4000")
    expect(page.get_by_text(re.compile(r"Warming up: [\d,]+ of 4,000 bars"))).to_be_visible()
    page.goto(f"{own_server.url}/scan?tf=1m&w={WINDOW}&s=level&sym=BTCUSDT,NOSUCHUSDT")
    expect(page.get_by_role("alert")).to_contain_text("NOSUCHUSDT")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.goto(f"{own_server.url}/scan?tf=1m&w={WINDOW}&p=0")
    expect(page.get_by_text(re.compile("No pair passes"))).to_be_visible()
    own_server.post("/stream/stop", {})
    page.goto(f"{own_server.url}/scan")
    expect(page.get_by_text(re.compile("at least two have to"))).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_it_fits_and_anybody_can_use_it(
    own_server: Any, visit: Any, violations: Any, theme: str, width: int, height: int
) -> None:
    seen = visit(width=width, height=height, theme=theme)
    page = seen.page
    open_scanner(page, own_server.url)
    assert violations(page) == []
    page.get_by_text("What this means").click()
    expect(page.get_by_text(re.compile("had no part in choosing"))).to_be_visible()
    assert violations(page) == []
    page.get_by_text("What this means").click()
    page.get_by_role("button", name=re.compile("^Symbols")).click()
    expect(page.get_by_role("checkbox", name="BTCUSDT")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    if width < 1024:
        page.get_by_role("tab", name="Matrix").click()
    for measure in ("correlation", "zscore", "p_value"):
        page.get_by_label("Measure of the matrix").select_option(measure)
        expect(page.get_by_role("region", name=re.compile("^All pairs by"))).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width >= 1024:
        assert page.evaluate("document.documentElement.scrollHeight") == height
    assert seen.console_errors == []
    inside = (own_server.url, own_server.url.replace("http", "ws"), "data:", "blob:")
    assert [address for address in seen.requests if not address.startswith(inside)] == []


def test_the_calibrated_p_is_the_apis(own_server: Any, visit: Any, violations: Any) -> None:
    page = visit().page
    own_server.post("/stream/stop", {})  # so that both answers are of the same bars
    open_scanner(page, own_server.url, f"/scan?tf=1m&w={WINDOW}&sym={','.join(SYMBOLS)}")
    column = page.get_by_role("columnheader", name="Calibrated p")
    expect(column).to_have_count(0)
    page.get_by_role("checkbox", name="Calibrate p").press("Space")
    expect(column).to_be_visible()
    expect(page).to_have_url(re.compile("&cal=1$"))
    body = asked(own_server, symbols=",".join(SYMBOLS), calibrate="true")
    assert body["calibrated"]
    for item in body["items"]:
        shown = shown_row(page, f"{item['symbol_a']}/{item['symbol_b']}")
        for name in ("p_value", "p_calibrated", "q_value"):
            assert float(shown[name][0]) == item[name], name
            assert_reads_as(shown[name][1], item[name])
        # What allows for more makes no p smaller.
        assert item["p_calibrated"] >= item["p_value"]
    column.get_by_role("button").click()
    expect(column).to_have_attribute("aria-sort", "ascending")
    assert violations(page) == []
    page.reload()
    expect(column).to_be_visible()

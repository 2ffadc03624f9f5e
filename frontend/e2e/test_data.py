"""The Data and export page: files hold the API's rows, imports are followed, and what they lack is listed."""

import csv
import io
import json
import re
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Page, expect

PAIR = ["BTCUSDT", "ETHUSDT"]
MINUTE_MS = 60_000
MARCH_MS = 1_740_787_200_000


@pytest.fixture(scope="module", autouse=True)
def streaming(own_server: Any) -> None:
    own_server.post("/stream/start", {"symbols": PAIR})


def span(server: Any) -> tuple[int, int]:
    """Return an hour of closed bars, whole windows after the first and before the last one."""
    starts = [past(server, symbol, interval) for symbol in PAIR for interval in ("1m", "5m")]
    start = max(starts) + 300 * MINUTE_MS
    start -= start % (60 * MINUTE_MS)
    return start, start + 60 * MINUTE_MS


def past(server: Any, symbol: str, interval: str) -> int:
    """Return the time of the first bar, once the exchange's own bars have come."""
    for _ in range(60):
        bars = server.get(f"/data/{symbol}?interval={interval}&limit=4096")["items"]
        if len(bars) > 1000:
            return int(bars[0]["time"])
        server.wait_market(1_000)
    pytest.fail("the past does not come")


def open_page(page: Page, server: Any, query: str = "") -> None:
    page.goto(f"{server.url}/export-data{query}")
    expect(page.get_by_test_id("estimate")).to_be_visible()


def download(page: Page, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    expect(page.get_by_text(f"{file.name}, ")).to_be_visible()
    return file


def number(text: str) -> float | None:
    return None if text == "" else float(text)


def ms(text: str) -> int:
    return round(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp() * 1000)


def test_the_csv_of_a_pair_equals_the_rows_of_the_api(own_server: Any, visit: Any, tmp_path: Path) -> None:
    start, end = span(own_server)
    page = visit().page
    open_page(page, own_server, f"?what=pair&a=BTCUSDT&b=ETHUSDT&tf=1m&w=60&m=ols&from={start}&to={end}")
    expect(page.get_by_test_id("estimate")).to_have_attribute("data-rows", "60")

    file = download(page, tmp_path)

    assert "BTCUSDT-ETHUSDT_1m_60_ols_level" in file.name
    head, *lines = csv.reader(io.StringIO(file.read_text()))
    query = f"symbol_a=BTCUSDT&symbol_b=ETHUSDT&interval=1m&window=60&method=ols&start={start}&end={end}"
    series = own_server.get(f"/analytics/pair?{query}&limit=60")["series"]
    assert len(lines) == len(series["time"]) == 60
    assert head == [*series, "quality"]
    assert [ms(line[0]) for line in lines] == series["time"]
    for column, name in enumerate(head[1:-1], start=1):
        assert [number(line[column]) for line in lines] == series[name], name


def test_a_time_is_typed_over_key_by_key(own_server: Any, visit: Any) -> None:
    page = visit().page
    open_page(page, own_server, f"?what=pair&a=BTCUSDT&b=ETHUSDT&from={MARCH_MS}")
    field = page.get_by_label(re.compile("^From"))
    field.focus()
    # Month, day, year, each of which goes on to the next.
    page.keyboard.type("12312025")
    expect(field).to_have_value(re.compile("^2025-12-31T"))
    day = round(datetime(2025, 12, 31, tzinfo=UTC).timestamp() * 1000) + MARCH_MS % 86_400_000
    expect(page).to_have_url(re.compile(rf"from={day}\b"))
    field.focus()
    page.keyboard.press("Backspace")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Download").focus()
    expect(field).to_have_accessible_description("The time is not complete.")


def test_bars_as_parquet_equal_the_rows_of_the_api(own_server: Any, visit: Any, tmp_path: Path) -> None:
    start, end = span(own_server)
    page = visit().page
    open_page(page, own_server, f"?what=pair&a=ETHUSDT&b=BTCUSDT&from={start}&to={end}")
    page.get_by_role("radio", name="Bars").press("Space")
    page.get_by_role("radio", name="Parquet").press("Space")
    page.get_by_label("Interval", exact=True).select_option("5m")
    expect(page.get_by_test_id("estimate")).to_have_attribute("data-rows", "12")
    assert "what=bars&a=ETHUSDT" in page.url

    file = download(page, tmp_path)

    query = f"interval=5m&start={start}&end={end}&limit=4096"
    wanted = own_server.get(f"/data/ETHUSDT?{query}")["items"]
    frame = pl.read_parquet(file).with_columns(pl.col("time").dt.epoch("ms"))
    assert file.suffix == ".parquet"
    assert frame.to_dicts() == wanted


def test_what_the_server_refuses_is_said_in_its_words(own_server: Any, visit: Any) -> None:
    page = visit().page
    open_page(page, own_server, "?what=pair&a=BTCUSDT&b=ETHUSDT&w=4000")
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("alert")).to_contain_text("need 4001")
    with pytest.raises(urllib.request.HTTPError) as refused:
        own_server.get("/export?symbol_a=BTCUSDT&symbol_b=ETHUSDT&window=4000")
    # A bar may have closed meanwhile.
    told, shown = (
        re.sub(r"have \d+", "have", text)
        for text in (json.load(refused.value)["detail"], page.get_by_role("alert").inner_text())
    )
    assert told in shown


def bars_file(folder: Path) -> Path:
    """Write a day of bars in the archive's form, without ten of them."""
    rows = [
        f"{MARCH_MS + n * MINUTE_MS},1,2,0.5,1.5,10,{MARCH_MS + (n + 1) * MINUTE_MS - 1},15,3,5,7,0"
        for n in range(1440)
        if not 700 <= n < 710
    ]
    file = folder / "SOLUSDT-1m-2025-03-01.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


def test_a_file_is_imported_and_its_hole_is_listed(own_server: Any, visit: Any, tmp_path: Path) -> None:
    page = visit().page
    open_page(page, own_server)
    expect(page.get_by_text("No file has been imported.")).to_be_visible()
    page.get_by_label("File of data.binance.vision").set_input_files(bars_file(tmp_path))
    page.get_by_role("button", name="Import", exact=True).click()
    line = page.get_by_role("list", name="Imports").get_by_role("listitem")
    expect(line).to_have_attribute("data-state", "done")
    expect(line).to_contain_text("1,430 rows, 10 missing")
    table = page.get_by_role("region", name="Imported files")
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(table.locator("[data-field=holes]")).to_contain_text("1 hole, 10 missing")
    (told,) = own_server.get("/import/files")["items"]
    first = MARCH_MS + 700 * MINUTE_MS
    assert told["holes"] == [[first, first + 9 * MINUTE_MS]]
    assert (told["market"], told["symbol"], told["rows"]) == ("binance-um", "SOLUSDT", 1430)


def test_a_file_that_cannot_be_read_is_said(own_server: Any, visit: Any, tmp_path: Path) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("buy low")
    page = visit().page
    open_page(page, own_server)
    page.get_by_label("File of data.binance.vision").set_input_files(bad)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("notes.txt")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_it_fits_and_anybody_can_use_it(
    own_server: Any, visit: Any, violations: Any, theme: str, width: int, height: int
) -> None:
    seen = visit(width=width, height=height, theme=theme)
    page = seen.page
    for query in ("", "?what=trades&format=arrow", f"?from={MARCH_MS}&to={MARCH_MS - 1}"):
        page.goto(f"{own_server.url}/export-data{query}")
        expect(page.get_by_role("button", name="Download")).to_be_visible()
        expect(page.get_by_role("region", name="Imported spans and their holes")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.console_errors == []
    assert [url for url in seen.requests if not url.startswith((own_server.url, "data:", "blob:"))] == []

"""The pair lab: every number is the API's, the address holds the view, each panel says why it is empty."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from shown import assert_reads_as

LEGS = ["BTCUSDT", "ETHUSDT"]
PAIR = "/pair/BTCUSDT/ETHUSDT?tf=1m&w=240&m=ols&s=level"
QUERY = "symbol_a=BTCUSDT&symbol_b=ETHUSDT&interval=1m&window=240&method=ols&scale=level"
CHARTS = [
    "Regression",
    "Hedge ratios over time",
    "p over time",
    "Residuals",
    "Autocorrelation of the residuals",
]
NAMES = {"ols": "OLS", "huber": "Huber", "theil_sen": "Theil-Sen", "kalman": "Kalman", "tls": "TLS"}


@pytest.fixture(autouse=True)
def streaming(own_server: Any) -> None:
    """Both legs stream and have their past, whatever the test before left."""
    own_server.post("/stream/start", {"symbols": LEGS})
    own_server.wait_answer(f"/analytics/lab?{QUERY}")


def table(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name).locator("tbody tr")


def open_lab(page: Page, url: str, address: str = PAIR) -> None:
    page.goto(url + address)
    expect(table(page, "Fits")).to_have_count(5)
    for chart in CHARTS:
        drawn = page.get_by_role("region", name=chart, exact=True).locator(".main-svg").first
        expect(drawn).to_be_visible()


def check(row: Locator, field: str, value: float | None) -> int:
    shown = row.locator(f'[data-field="{field}"][data-value]')
    assert value_of(shown) == value
    if value is None:
        return 0
    assert_reads_as(shown.inner_text().removesuffix(" %"), 100 * value if field == "r_squared" else value)
    return 1


def value_of(shown: Locator) -> float | None:
    """Return the number that a place on the page says it shows."""
    written = shown.get_attribute("data-value")
    assert written is not None
    return None if written == "null" else float(written)


def test_every_number_is_the_apis(own_server: Any, visit: Any) -> None:
    own_server.post("/stream/stop", {})  # what stands still can be compared
    page = visit().page
    open_lab(page, own_server.url)
    body = own_server.get(f"/analytics/lab?{QUERY}")
    compared = 0
    for fit in body["fits"]:
        row = table(page, "Fits").filter(has=page.get_by_role("button", name=NAMES[fit["method"]]))
        for field in ("beta", "alpha", "sd", "r_squared"):
            compared += check(row, field, fit[field])
    windows = table(page, "Tests by window")
    expect(windows).to_have_count(len(body["windows"]))
    for index, window in enumerate(body["windows"]):
        row = windows.nth(index)
        assert row.locator("[data-field=window]").inner_text() == f"{window['window']:,}"
        for field, value in (
            ("beta", window["beta"]),
            ("adf.statistic", window["adf"]["statistic"]),
            ("adf.p_value", window["adf"]["p_value"]),
            ("p_value", window["p_value"]),
            ("half_life.bars", window["half_life"]["bars"]),
        ):
            compared += check(row, field, value)
    for index, row in enumerate(table(page, "Johansen’s tests").all()):
        assert_reads_as(row.locator("[data-field=trace]").inner_text(), body["johansen"]["trace"][index])
    assert compared >= 45
    expect(page.locator("[data-reading]")).to_have_count(9)
    reading = page.locator("[data-reading=cointegration]")
    p = re.findall(r"p (<?[\d.]+)", reading.inner_text())[0]
    assert_reads_as(p, body["cointegration"]["p_value"])


def test_the_truth_stands_beside_the_estimates(own_server: Any, visit: Any) -> None:
    own_server.post("/stream/stop", {})  # what stands still can be compared
    page = visit().page
    open_lab(page, own_server.url)
    lab = own_server.get(f"/analytics/lab?{QUERY}")
    truth = next(
        pair
        for pair in own_server.get("/simulation/truth")["pairs"]
        if [pair["symbol_a"], pair["symbol_b"]] == LEGS
    )
    strip = page.get_by_test_id("truth")
    for key, value in (
        ("beta", truth["beta"]),
        ("alpha", truth["alpha"]),
        ("half_life", truth["half_life_s"]),
    ):
        shown = strip.locator(f"[data-truth={key}] [data-value]")
        assert value_of(shown) == value
    ols = next(fit for fit in lab["fits"] if fit["method"] == "ols")
    inside = ols["beta_low"] <= truth["beta"] <= ols["beta_high"]
    words = "inside" if inside else "outside"
    expect(strip.locator("[data-truth=beta]")).to_contain_text(f"{words} its 95 % interval")
    # On log prices the market has another line, which nobody laid down.
    page.get_by_label("Price scale").select_option("log")
    expect(strip.locator("[data-truth=beta]")).to_contain_text("known of prices")
    # Nobody laid down that these two belong together.
    page.goto(f"{own_server.url}/pair/BTCUSDT/SOLUSDT?tf=1m&w=240&m=ols&s=level")
    own_server.post("/stream/start", {"symbols": ["BTCUSDT", "SOLUSDT"]})
    expect(table(page, "Fits")).to_have_count(5)
    expect(strip).to_have_count(0)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_has_its_data_and_its_file(own_server: Any, visit: Any, chart: str) -> None:
    page = visit().page
    open_lab(page, own_server.url)
    with page.expect_download() as download:
        page.get_by_role("button", name=f"CSV of {chart}", exact=True).click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    page.get_by_role("button", name=f"View data of {chart}", exact=True).click()
    data = page.get_by_role("dialog").locator("tbody tr")
    expect(data).to_have_count(min(300, len(lines) - 1))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"View data of {chart}", exact=True)).to_be_focused()
    page.get_by_role("button", name=f"Open {chart} in Plotly", exact=True).click()
    expect(page.get_by_role("dialog").locator(".main-svg").first).to_be_visible()


def test_the_address_restores_the_view_and_changes_with_it(own_server: Any, visit: Any) -> None:
    page = visit().page
    open_lab(page, own_server.url)
    page.get_by_role("button", name="Kalman", exact=True).click()
    expect(page).to_have_url(re.compile("m=kalman"))
    page.get_by_label("Price scale").select_option("log")
    window = page.get_by_role("textbox", name="Window")
    window.fill("120")
    window.press("Enter")
    page.get_by_role("button", name="Swap the legs").click()
    expect(page).to_have_url(f"{own_server.url}/pair/ETHUSDT/BTCUSDT?tf=1m&w=120&m=kalman&s=log")
    page.reload()
    expect(page.get_by_label("Leg A")).to_have_value("ETHUSDT")
    expect(page.get_by_role("textbox", name="Window")).to_have_value("120")
    chosen = page.get_by_role("button", name="Kalman", exact=True)
    expect(chosen).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Open in the Monitor").click()
    numbers = page.get_by_test_id("numbers")
    expect(numbers).to_have_attribute("data-topic", "pair:ETHUSDT-BTCUSDT:1m:120:kalman:log")
    page.go_back()
    expect(page.get_by_label("Leg A")).to_have_value("ETHUSDT")


def test_what_cannot_be_computed_is_said(own_server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{own_server.url}/pair/BTCUSDT/ETHUSDT?tf=5m&w=4000")
    warming = page.get_by_text(re.compile(r"^Warming up: [\d,]+ of 4,001 bars$"))
    expect(warming).to_have_count(9)
    page.goto(f"{own_server.url}/pair/BTCUSDT/NOSUCHUSDT")
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("NOSUCHUSDT")
    expect(failure).to_contain_text("Request")
    page.get_by_role("button", name="Retry").click()
    expect(failure).to_contain_text("NOSUCHUSDT")
    page.goto(f"{own_server.url}/pair")
    expect(page.get_by_text(re.compile("Choose two symbols"))).to_be_visible()
    page.get_by_label("Leg A").select_option("BTCUSDT")
    page.get_by_label("Leg B").select_option("ETHUSDT")
    expect(table(page, "Fits")).to_have_count(5)
    # Windows under the tests' 30 bars have a line, and no test.
    page.goto(f"{own_server.url}/pair/BTCUSDT/ETHUSDT?tf=1m&w=20&m=ols&s=level")
    expect(table(page, "Fits")).to_have_count(5)
    expect(page.locator("[data-reading=adf]")).to_contain_text("30 bars")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_it_fits_and_anybody_can_use_it(
    own_server: Any, visit: Any, violations: Any, theme: str, width: int, height: int
) -> None:
    seen = visit(width=width, height=height, theme=theme)
    page = seen.page
    open_lab(page, own_server.url)
    assert violations(page) == []
    page.get_by_role("button", name="View data of Residuals").click()
    expect(page.get_by_role("dialog").locator("tbody tr").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.console_errors == []
    inside = (own_server.url, own_server.url.replace("http", "ws"), "data:", "blob:")
    assert [address for address in seen.requests if not address.startswith(inside)] == []

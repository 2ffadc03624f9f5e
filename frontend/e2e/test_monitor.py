"""The main job: pick two symbols, start, see the numbers of the API, stop."""

import csv
import io
import json
import re
import subprocess
import sys
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocket, expect

from shown import LEAST_NUMBERS, RECORD, assert_reads_as, assert_same_numbers, at_path, shown_at

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR_QUERY = {
    "symbol_a": "BTCUSDT",
    "symbol_b": "ETHUSDT",
    "interval": "1m",
    "window": 60,
    "method": "ols",
    "scale": "level",
}
PAIR_TOPIC = "pair:BTCUSDT-ETHUSDT:1m:60:ols:level"


def state(page: Page) -> Any:
    return page.get_by_test_id("state")


def test_pick_start_numbers_stop(make_server: Any, visit: Any) -> None:
    server = make_server({})
    page = visit().page
    streams: list[WebSocket] = []
    page.on("websocket", lambda stream: streams.append(stream))
    page.goto(server.url)
    # A fresh simulated market opens by itself on its best pair; this user wants another one.
    expect(state(page)).to_have_text(re.compile("Live"))
    page.get_by_role("button", name="Stop").click()
    expect(state(page)).to_have_text(re.compile("Stopped"))
    page.get_by_role("button", name=re.compile("^Symbols")).click()
    for symbol in server.get("/stream/status")["symbols"]:
        page.get_by_role("checkbox", name=symbol["symbol"]).uncheck()
    page.get_by_role("checkbox", name="BTCUSDT").check()
    page.get_by_role("checkbox", name="ETHUSDT").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start").click()

    expect(state(page)).to_have_text(re.compile("Live"))
    expect(page.get_by_test_id("numbers")).to_have_attribute("data-topic", PAIR_TOPIC)
    expect(page.locator(A_NUMBER)).to_be_visible()
    streaming = {
        item["symbol"] for item in server.get("/stream/status")["symbols"] if item["state"] != "stopped"
    }
    assert streaming == {"BTCUSDT", "ETHUSDT"}
    assert "a=BTCUSDT&b=ETHUSDT" in page.url

    page.evaluate(RECORD)
    fields, body = shown_at(page, PAIR_TOPIC, lambda: server.get("/analytics/pair?" + urlencode(PAIR_QUERY)))
    assert assert_same_numbers(fields, body) >= LEAST_NUMBERS
    for symbol, name in (("BTCUSDT", "last_a"), ("ETHUSDT", "last_b")):
        path = f"/data/{symbol}?interval=1m&limit=1"
        fields, bars = shown_at(page, f"bars:{symbol}:1m", lambda path=path: server.get(path))
        assert float(fields[name][0]) == bars["items"][-1]["close"]
        assert_reads_as(fields[name][1], bars["items"][-1]["close"])

    page.get_by_role("button", name="Stop").click()
    expect(state(page)).to_have_text(re.compile("Stopped"))
    assert server.get("/stream/status")["running"] is False
    # The last message of all says why there is no signal any more.
    expect(page.get_by_test_id("signal")).to_have_text(re.compile("stopped"))
    assert_frozen(page, streams[-1])


def pass_status_messages(stream: WebSocket, count: int) -> None:
    for _ in range(count):
        stream.wait_for_event("framereceived", lambda frame: '"topic":"status"' in str(frame))


def assert_frozen(page: Page, stream: WebSocket) -> None:
    """Nothing in the row of numbers changes any more, while messages about the state of things go on."""
    # What was on its way when the stream stopped.
    pass_status_messages(stream, 2)
    texts = page.get_by_test_id("numbers").inner_text()
    pass_status_messages(stream, 5)
    assert page.get_by_test_id("numbers").inner_text() == texts


@pytest.fixture
def pair_page(server: Any, visit: Any) -> Page:
    """The pair BTC/ETH, streaming, on the shared server."""
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    page = visit().page
    page.goto(f"{server.url}/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5")
    expect(page.locator(A_NUMBER)).to_be_visible()
    return page


def test_the_crosshair_reads_the_api_value_in_every_pane(server: Any, pair_page: Page) -> None:
    page = pair_page
    chart = page.get_by_role("group", name=re.compile("^Price, spread"))
    expect(chart.locator("canvas").first).to_be_visible()
    legend = page.locator("[data-legend=spread]")
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    expect(legend).to_have_attribute("data-time", re.compile(r"^\d+$"))
    at = int(legend.get_attribute("data-time") or "0")

    series = server.get("/analytics/pair?" + urlencode(PAIR_QUERY))["series"]
    row = series["time"].index(at)
    for pane, key, column in (
        ("spread", "spread", "spread"),
        ("spread", "mean", "alpha"),
        ("zscore", "z", "zscore"),
        ("correlation", "correlation", "correlation"),
    ):
        text = page.locator(f"[data-legend={pane}] [data-series={key}]").inner_text()
        value = series[column][row]
        if value is None:
            assert text == "–"
        else:
            assert_reads_as(text, value)
    close_b = page.locator("[data-legend=price] [data-series=b]").inner_text()
    assert_reads_as(close_b, series["price_b"][row])
    bars = server.get("/data/BTCUSDT?interval=1m&limit=1500")["items"]
    (bar,) = (each for each in bars if each["time"] == at)
    candle = page.locator("[data-legend=price] [data-series=a]").inner_text().split()
    assert candle[::2] == ["O", "H", "L", "C"]
    for text, name in zip(candle[1::2], ("open", "high", "low", "close"), strict=True):
        assert_reads_as(text, bar[name])


def test_every_pane_opens_in_plotly_with_its_data(pair_page: Page) -> None:
    page = pair_page
    for pane in ("Price", "Spread less mean", "Z-score", "Correlation of returns"):
        opener = page.get_by_role("button", name=f"Open {pane} in Plotly")
        opener.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".main-svg").first).to_be_visible()
        dialog.get_by_role("tab", name="Data").click()
        expect(dialog.locator("tbody tr").nth(100)).to_be_attached()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()
    for label in ("Hedge ratio of", "Regression of"):
        expect(page.get_by_role("group", name=re.compile(label)).locator(".main-svg").first).to_be_visible()


def test_a_fresh_simulated_market_opens_on_its_best_pair_with_the_truth(make_server: Any, visit: Any) -> None:
    server = make_server({})
    page = visit().page
    page.goto(server.url)
    numbers = page.get_by_test_id("numbers")
    expect(page.locator(A_NUMBER)).to_be_visible()
    known = [pair for pair in server.get("/simulation/truth")["pairs"] if pair["kind"] == "cointegrated"]
    best = min(known, key=lambda pair: pair["half_life_s"])
    topic = str(numbers.get_attribute("data-topic"))
    assert topic.startswith(f"pair:{best['symbol_a']}-{best['symbol_b']}:")
    assert topic.endswith(f":{best['scale']}")
    beta = numbers.get_by_text(re.compile(r"^true \d")).first
    assert_reads_as(beta.inner_text().removeprefix("true "), best["beta"])
    expect(numbers.get_by_text(f"true {best['half_life_s'] / 60:.1f} min")).to_be_visible()
    truth = page.get_by_test_id("truth")
    expect(truth).to_be_in_viewport(ratio=1)
    # In a window in which a test can see the relation: 60 half-lives. It is that pair's on those bars alone.
    assert topic.split(":")[2:4] == ["1m", f"{best['half_life_s']:.0f}"]
    expect(page.get_by_role("textbox", name="Window")).to_have_value(f"{best['half_life_s']:.0f}")
    page.get_by_label("Interval", exact=True).select_option("1s")
    expect(numbers).to_have_attribute("data-topic", re.compile(":1s:60:"))


def test_moving_averages_are_those_of_the_closes(server: Any, pair_page: Page) -> None:
    page = pair_page
    page.get_by_role("button", name=re.compile("^Charts")).press("Enter")
    page.get_by_role("checkbox", name="Moving averages").press("Space")
    length = page.get_by_role("textbox", name="Bars of the first moving average")
    length.fill("7")
    length.press("Enter")
    page.keyboard.press("Escape")
    legend = page.locator("[data-legend=price]")
    expect(legend.locator("[data-series=average-7]")).to_have_text(re.compile(r"^[\d,]+\.\d+$"))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of Price").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    closes = {
        bar["time"]: bar["close"]
        for bar in server.get("/data/BTCUSDT?interval=1m&limit=1000")["items"]
        if bar["closed"]
    }
    times = [round(datetime.fromisoformat(row["time"]).timestamp() * 1000) for row in rows]
    compared = 0
    for index, row in enumerate(rows):
        # The bar itself and the six before it: nothing that comes after it.
        behind = [closes.get(time) for time in times[index - 6 : index + 1]] if index >= 6 else []
        if not behind or None in behind:
            continue
        assert float(row["BTCUSDT_sma7"]) == pytest.approx(sum(behind) / 7, rel=1e-12)
        compared += 1
    assert compared > 900
    page.reload()
    expect(legend.locator("[data-series=average-7]")).to_have_text(re.compile(r"^[\d,]+\.\d+$"))


def test_compared_symbols_begin_at_100(server: Any, pair_page: Page, violations: Any) -> None:
    page = pair_page
    server.post("/stream/start", {"symbols": ["SOLUSDT", "XRPUSDT"]})
    page.get_by_role("button", name=re.compile("^Charts")).press("Enter")
    for symbol in ("SOLUSDT", "XRPUSDT"):
        page.get_by_role("checkbox", name=symbol).press("Space")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("&cmp=SOLUSDT,XRPUSDT$"))
    legend = page.locator("[data-legend=price]")
    for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"):
        expect(legend.locator(f"[data-series={symbol}]")).to_have_text(re.compile(r"^\d+\.\d\d$"))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of Rebased to 100").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    names = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
    begun = next(row for row in rows if all(row[f"{name}_rebased"] for name in names))
    assert [float(begun[f"{name}_rebased"]) for name in names] == [100.0] * 4
    for name in names:
        bars = server.get(f"/data/{name}?interval=1m&limit=1000")["items"]
        closes = {bar["time"]: bar["close"] for bar in bars if bar["closed"]}
        timed = [(round(datetime.fromisoformat(row["time"]).timestamp() * 1000), row) for row in rows[:-1]]
        shares = [(closes[time], float(row[f"{name}_rebased"])) for time, row in timed if time in closes]
        assert len(shares) > 100
        price, share = shares[0]
        assert all(
            ours / share == pytest.approx(theirs / price, rel=1e-12) for theirs, ours in shares if theirs
        )
    page.get_by_role("button", name="Open Rebased to 100 in Plotly").press("Enter")
    expect(page.get_by_role("dialog").locator(".main-svg").first).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(legend.locator("[data-series=SOLUSDT]")).to_have_text(re.compile(r"^\d+\.\d\d$"))


def entries_of(z: list[float | None]) -> list[tuple[int, int]]:
    """Row and sign of each entry beyond 2, one at a time: out again at 0.5, or at the stop of 4."""
    found: list[tuple[int, int]] = []
    side, barred = 0, False
    for row, value in enumerate(z):
        if value is None:
            continue
        barred = (barred or abs(value) >= 4) and abs(value) > 2
        if side and not 0.5 < side * value < 4:
            side = 0
        if not side and not barred and abs(value) > 2:
            side = 1 if value > 0 else -1
            found.append((row, side))
    return found


def test_what_happened_next_is_counted_from_the_api(server: Any, pair_page: Page, violations: Any) -> None:
    page = pair_page
    server.post("/stream/stop", {})  # what stands still can be compared
    page.get_by_role("tab", name="What happened next").click()
    panel = page.get_by_role("group", name=re.compile("^z and P&L after entries beyond ±2"))
    expect(panel.locator(".main-svg").first).to_be_visible()
    assert violations(page) == []
    series = server.get("/analytics/pair?" + urlencode(PAIR_QUERY))["series"]
    entries = entries_of(series["zscore"])
    expect(page.get_by_text(f"{len(entries)} entries beyond ±2")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of What happened next").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert [int(row["bars_after"]) for row in rows] == list(range(1, 61))
    y, x, beta, z = (series[name] for name in ("price_a", "price_b", "beta", "zscore"))
    for row in rows:
        h = int(row["bars_after"])
        later, made = [], []
        for at, sign in entries:
            if at + h >= len(z) or None in (z[at + h], y[at], x[at], y[at + h], x[at + h], beta[at]):
                continue
            change = (y[at + h] - y[at]) - beta[at] * (x[at + h] - x[at])
            later.append(sign * z[at + h])
            made.append(-sign * change / (y[at] + abs(beta[at]) * x[at]) * 1e4)
        assert int(row["entries"]) == len(made)
        assert float(row["gained"]) == pytest.approx(sum(gain > 0 for gain in made) / len(made))
        for name, values in (("z", later), ("pnl", made)):
            for share in (10, 25, 50, 75, 90):
                wanted = float(np.quantile(values, share / 100))
                assert float(row[f"{name}_{share}"]) == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    page.get_by_role("button", name="Open What happened next in Plotly").press("Enter")
    expect(page.get_by_role("dialog").locator(".main-svg").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})


EXPLAINED = {
    "Hedge β": "beta",
    "Spread": "spread",
    "Z-score": "zscore",
    "Correlation": "correlation",
    "ADF p": "adf.p_value",
    "Half-life": "half_life.bars",
}


@pytest.mark.parametrize("method", ["ols", "kalman"])
def test_a_click_on_a_number_gives_a_program_that_computes_it_again(
    server: Any, pair_page: Page, method: str
) -> None:
    page = pair_page
    page.goto(f"{server.url}/?a=BTCUSDT&b=ETHUSDT&tf=1m&m={method}&w=60&z=2,0.5")
    expect(page.locator(A_NUMBER)).to_be_visible()
    server.post("/stream/stop", {})  # what stands still can be compared
    expect(state(page)).to_have_text(re.compile("Stopped"))
    pair = server.get("/analytics/pair?" + urlencode(PAIR_QUERY | {"method": method}))
    for name, path in EXPLAINED.items():
        page.get_by_role("button", name=f"where {name} comes from").press("Enter")
        dialog = page.get_by_role("dialog")
        program = dialog.get_by_test_id("snippet").inner_text()
        printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        wanted = at_path(pair, path)
        assert float(printed.stdout) == pytest.approx(wanted, rel=1e-9), name
        result = dialog.get_by_test_id("result")
        if result.count() > 0:
            assert float(result.inner_text().replace("−", "-")) == wanted
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name=f"where {name} comes from")).to_be_focused()
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})


def printed_by_program_of(page: Page, name: str) -> Any:
    """Open the dialog of a number, and return what its program prints."""
    page.get_by_role("button", name=f"where {name} comes from").press("Enter")
    program = page.get_by_role("dialog").get_by_test_id("snippet").inner_text()
    return json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


@pytest.mark.parametrize("interval", ["1m", "1s"])
def test_last_prices_and_quality_have_formula_bars_and_program_too(
    server: Any, pair_page: Page, interval: str
) -> None:
    page = pair_page
    page.goto(f"{server.url}/?a=BTCUSDT&b=ETHUSDT&tf={interval}&m=ols&w=60&z=2,0.5")
    expect(page.locator(A_NUMBER)).to_be_visible()
    server.post("/stream/stop", {})  # what stands still can be compared
    expect(state(page)).to_have_text(re.compile("Stopped"))
    dialog = page.get_by_role("dialog")
    for symbol in ("BTCUSDT", "ETHUSDT"):
        known = server.get(f"/data/{symbol}?interval={interval}&limit=5")["items"]
        bar = [each for each in known if each["close"] is not None][-1]
        printed = printed_by_program_of(page, f"the last price of {symbol}")
        assert printed == bar["close"]
        assert float(dialog.get_by_test_id("result").inner_text()) == bar["close"]
        expect(dialog.get_by_test_id("formula")).to_have_text(re.compile("^last = "))
        expect(dialog.locator("tbody tr [data-field=quality]")).to_have_text(bar["quality"])
        page.keyboard.press("Escape")
    pair = server.get("/analytics/pair?" + urlencode(PAIR_QUERY | {"interval": interval}))
    assert printed_by_program_of(page, "Quality") == pair["quality"]
    assert float(dialog.get_by_test_id("result").inner_text()) == sum(pair["quality"].values()) == 60
    expect(dialog.get_by_test_id("formula")).to_have_text(re.compile("worse of A"))
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})


def test_a_window_longer_than_what_the_page_holds_says_how_much_is_shown(
    server: Any, pair_page: Page
) -> None:
    page = pair_page
    server.post("/stream/stop", {})  # so that rows and counts are of one moment

    def shortened(message: str | bytes) -> str:
        """Leave the newest 40 rows, as the server leaves 1,500 of a longer window."""
        body = json.loads(message)
        kind = str(body.get("topic", "")).partition(":")[0]
        if kind == "bars" and "data" in body:
            body["data"]["items"] = body["data"]["items"][-40:]
        if kind == "pair" and "data" in body:
            body["data"]["series"] = {name: rows[-40:] for name, rows in body["data"]["series"].items()}
        return json.dumps(body)

    def passed_on(route: Any) -> None:
        upstream = route.connect_to_server()
        upstream.on_message(lambda message: route.send(shortened(message)))

    dialog = page.get_by_role("dialog")
    caption = page.get_by_text(re.compile("bars; the line is fitted to all"))
    for held in (60, 40):
        if held == 40:
            page.route_web_socket(re.compile("/ws$"), passed_on)
            page.reload()
            expect(page.locator(A_NUMBER)).to_be_visible()
        page.get_by_role("button", name="where Hedge β comes from").press("Enter")
        rows = dialog.locator("tbody tr")
        if held == 40:
            # The forming bar is one of the 40, and not behind the number.
            expect(rows).to_have_count(39)
            title = (
                "The newest 39 of the 61 bars behind it; the program reads all; the newest is not in the fit"
            )
            expect(dialog.get_by_role("heading", name=title)).to_be_visible()
        else:
            title = "The 61 bars behind it; the newest is not in the fit"
            expect(dialog.get_by_role("heading", name=title)).to_be_visible()
            expect(rows).to_have_count(61)
        page.keyboard.press("Escape")
    expect(caption).to_have_text("The newest 39 of the window’s 60 bars; the line is fitted to all.")
    page.get_by_role("button", name="View data of Regression in the window").press("Enter")
    expect(dialog.get_by_text(re.compile("the line is fitted to all"))).to_be_visible()
    expect(dialog.locator("tbody tr")).to_have_count(39)
    page.keyboard.press("Escape")
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})


def test_the_address_restores_the_view_and_changes_with_it(server: Any, pair_page: Page) -> None:
    page = pair_page
    numbers = page.get_by_test_id("numbers")
    page.get_by_label("Interval").select_option("5m")
    expect(numbers).to_have_attribute("data-topic", "pair:BTCUSDT-ETHUSDT:5m:60:ols:level")
    window = page.get_by_role("textbox", name="Window")
    window.fill("120")
    window.press("Enter")
    page.get_by_label("Price scale").select_option("log")
    topic = "pair:BTCUSDT-ETHUSDT:5m:120:ols:log"
    expect(numbers).to_have_attribute("data-topic", topic)
    expect(page.locator(A_NUMBER)).to_be_visible()
    address = f"{server.url}/?a=BTCUSDT&b=ETHUSDT&tf=5m&m=ols&w=120&z=2,0.5&s=log"
    assert page.url == address

    page.reload()
    expect(numbers).to_have_attribute("data-topic", topic)
    expect(page.get_by_role("textbox", name="Window")).to_have_value("120")
    page.go_back()
    expect(numbers).to_have_attribute("data-topic", "pair:BTCUSDT-ETHUSDT:5m:120:ols:level")

    window.fill("1")
    window.press("Enter")
    expect(window).to_have_accessible_description(re.compile("at least 10"))
    expect(numbers).to_have_attribute("data-topic", "pair:BTCUSDT-ETHUSDT:5m:120:ols:level")


def test_about_and_back_keeps_the_view(pair_page: Page) -> None:
    page = pair_page
    page.get_by_label("Interval").select_option("5m")
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="Notices")).to_be_visible()
    page.get_by_role("link", name="Monitor").click()
    expect(page.get_by_test_id("numbers")).to_have_attribute(
        "data-topic", "pair:BTCUSDT-ETHUSDT:5m:60:ols:level"
    )
    expect(page.locator(A_NUMBER)).to_be_visible()


def test_an_unknown_symbol_in_a_link_is_named_and_no_dead_end(server: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{server.url}/?a=NOSUCHUSDT&b=ETHUSDT")
    expect(page.get_by_text("This market has no NOSUCHUSDT.")).to_be_visible()
    page.get_by_role("button", name="Choose another pair").click()
    expect(page.locator(A_NUMBER)).to_be_visible()


def test_utc_and_local_time_switch_together(pair_page: Page) -> None:
    page = pair_page
    clock = page.get_by_test_id("market-time")
    expect(clock).to_have_text(re.compile("UTC$"))
    utc_hour = int(re.findall(r"(\d\d):\d\d:\d\d", clock.inner_text())[0])
    page.get_by_role("button", name=re.compile("switch to local time")).click()
    expect(clock).not_to_have_text(re.compile("UTC$"))
    local_hour = int(re.findall(r"(\d\d):\d\d:\d\d", clock.inner_text())[0])
    # Berlin is one or two hours ahead; the hour may turn between the two readings.
    assert (local_hour - utc_hour) % 24 in (1, 2, 3)

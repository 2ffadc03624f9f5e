"""A user's whole first run: open, choose symbols, start, watch, make a rule, see it fire, take the data home, stop."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "1s", "window": 60, "method": "ols"}
FIRES_WITHIN_MS = 120_000
SECOND_MS = 1000


def choose_symbols(page: Page, *wanted: str) -> None:
    page.get_by_role("button", name=re.compile("^Symbols")).click()
    boxes = page.get_by_role("checkbox")
    for box in boxes.all():
        box.uncheck()
    for symbol in wanted:
        page.get_by_role("checkbox", name=symbol).check()
    page.keyboard.press("Escape")


def seq(page: Page) -> int:
    return int(page.get_by_test_id("numbers").get_attribute("data-seq") or "0")


def milliseconds(text: str) -> int:
    return round(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp() * 1000)


def test_a_first_run_from_the_open_page_to_stop(make_server: Any, visit: Any) -> None:
    server = make_server({"SPEED": "10"})
    seen = visit()
    page = seen.page
    state = page.get_by_test_id("state")

    # Open: a fresh simulated market shows its best pair by itself.
    page.goto(server.url)
    expect(state).to_have_text(re.compile("Live"))
    expect(page.locator(A_NUMBER)).to_be_visible()

    # Choose two other symbols, and start.
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_text(re.compile("Stopped"))
    choose_symbols(page, "BTCUSDT", "ETHUSDT")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(state).to_have_text(re.compile("Live"))
    expect(page).to_have_url(re.compile("a=BTCUSDT&b=ETHUSDT"))
    running = {
        line["symbol"] for line in server.get("/stream/status")["symbols"] if line["state"] != "stopped"
    }
    assert running == {"BTCUSDT", "ETHUSDT"}

    # Watch: numbers come, and go on.
    page.get_by_label("Interval").select_option("1s")
    page.get_by_label("Price scale").select_option("level")
    expect(page.get_by_test_id("numbers")).to_have_attribute(
        "data-topic", "pair:BTCUSDT-ETHUSDT:1s:60:ols:level"
    )
    expect(page.locator(A_NUMBER)).to_be_visible()
    page.wait_for_function(
        "before => Number(document.querySelector('[data-testid=numbers]').dataset.seq) > before + 5",
        arg=seq(page),
    )

    # A rule for this pair, as the page proposes it, and its first firing.
    page.get_by_role("button", name="New rule").click()
    expect(page.get_by_label("Name")).to_have_value("BTCUSDT / ETHUSDT: z above 2")
    page.get_by_role("button", name="Create rule").click()
    (rule,) = server.wait_answer("/alerts", enough=lambda body: body["items"])["items"]
    condition = rule["when"]["all"][0]
    assert (condition["metric"], condition["op"], condition["value"]) == ("zscore", ">", 2)
    fired = page.locator("button[data-event]")
    expect(fired.first).to_be_visible(timeout=FIRES_WITHIN_MS)
    expect(page.locator("[data-toast]").filter(has_text=rule["name"]).first).to_be_visible()
    expect(page.get_by_test_id("bell")).not_to_have_attribute("data-unread", "0")
    (event, *_) = server.get(f"/alerts/history?rule_id={rule['id']}")["items"][::-1]
    assert event["evidence"][0]["value"] > 2
    fired.last.click()
    shown = page.get_by_role("dialog").locator("[data-field=value]")
    assert float(shown.get_attribute("data-value") or "nan") == event["evidence"][0]["value"]
    page.keyboard.press("Escape")

    # The numbers as a file.
    page.get_by_role("link", name="Monitor").click()
    expect(page.locator(A_NUMBER)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of Z-score").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    ours = {milliseconds(row["time"]): float(row["zscore"]) for row in rows if row["zscore"]}
    assert len(ours) > 60
    first, last = min(ours), max(ours)
    span = {"scale": "level", "start": first, "end": last + SECOND_MS}
    series = server.get("/analytics/pair?" + urlencode(PAIR | span))["series"]
    theirs = dict(zip(series["time"], series["zscore"], strict=True))
    common = [time for time in ours if theirs.get(time) is not None]
    assert len(common) > 60
    assert all(ours[time] == theirs[time] for time in common)

    # And an end to it.
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_text(re.compile("Stopped"))
    assert server.get("/stream/status")["running"] is False
    assert seen.console_errors == []
    assert all(address.startswith((server.url, "blob:")) for address in seen.requests)

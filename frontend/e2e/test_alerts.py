"""Alert rules in a real browser: built, previewed, fired by the market, told once, explained, taken away."""

import csv
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

PAIR = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "interval": "1s", "window": 60, "method": "ols"}
OF_PAIR = {"pair": "BTCUSDT-ETHUSDT", "interval": "1s", "window": 60, "method": "ols", "scale": "level"}
SECOND_MS = 1000
PREVIEW_MS = 120_000  # thousands of fits, perhaps on a busy machine
BUSY = {"metric": "tick_rate", "symbol": "BTCUSDT", "op": ">", "value": 0}  # holds while anything trades

# Counts frames, and notes in which of them an alert's message came and its toast stood on the page.
WATCH = """
() => {
  const seen = (window.seen = { frame: 0, told: {}, toasts: {}, order: [] });
  const count = () => { seen.frame += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.topic !== "alerts" || message.type !== "update") return;
        for (const { id } of message.data.items) seen.told[id] ??= seen.frame;
      });
    }
  };
  const note = () => {
    for (const toast of document.querySelectorAll("[data-toast]")) {
      const id = toast.dataset.toast;
      if (toast.dataset.noted) continue;
      toast.dataset.noted = "yes";
      seen.order.push(id);
      seen.toasts[id] ??= seen.frame;
    }
  };
  new MutationObserver(note).observe(document, { childList: true, subtree: true });
}
"""


def rule(name: str, *conditions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": name, "when": {"all": list(conditions)}} | fields


@pytest.fixture(scope="module")
def fast(fast_server: Any) -> Any:
    """A market that crosses a threshold every few seconds."""
    fast_server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    fast_server.wait_market(70 * SECOND_MS)
    return fast_server


def history_ids(page: Page) -> list[str]:
    return page.locator("button[data-event]").evaluate_all("all => all.map((one) => one.dataset.event)")


def wait_for_rows(page: Page, count: int) -> None:
    expect(page.locator("button[data-event]").nth(count - 1)).to_be_visible(timeout=120_000)


def wait_until_still(page: Page, server: Any, rule_id: str) -> list[dict[str, Any]]:
    """Stop the market; return the rule's events, oldest first, when the page has them all."""
    server.post("/stream/stop", {})
    # It is suspended, or goes on firing when the market stopped beyond the threshold.
    expect(page.locator(f"[data-rule='{rule_id}']")).to_contain_text("is stopped")
    events: list[dict[str, Any]] = server.get(f"/alerts/history?rule_id={rule_id}&limit=1000")["items"]
    expect(page.locator("button[data-event]")).to_have_count(len(events))
    return events[::-1]


def crossings_of(server: Any, since: int) -> list[int]:
    """Return the ends of the bars by which z came to be above 2, from the series of the API, after a time."""
    series = server.get("/analytics/pair?" + urlencode(PAIR | {"scale": "level"}))["series"]
    z = series["zscore"]
    rising = [
        time + SECOND_MS
        for time, before, now in zip(series["time"][1:], z, z[1:], strict=False)
        if before is not None and now is not None and before <= 2 < now
    ]
    return [time for time in rising if time > since]


def test_a_rule_is_built_fires_once_per_crossing_and_is_deleted(make_server: Any, visit: Any) -> None:
    fast = make_server({"SPEED": "10"})
    fast.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    fast.wait_market(70 * SECOND_MS)
    seen = visit()
    page = seen.page
    page.add_init_script(f"({WATCH})()")
    page.goto(f"{fast.url}/rules")
    page.get_by_role("button", name="Make the first rule").click()
    page.get_by_label("Interval").select_option("1s")
    page.get_by_label("Name").fill("z over two")
    page.get_by_label("Re-arms at").fill("")
    summary = page.get_by_test_id("preview-summary")
    expect(summary).to_have_attribute("data-count", re.compile(r"^\d+$"), timeout=PREVIEW_MS)
    page.get_by_role("button", name="Create rule").click()
    expect(page.locator("[data-rule]")).to_have_count(1)

    (made,) = fast.get("/alerts")["items"]
    assert made["when"]["all"][0] | {"symbol": None} == OF_PAIR | {
        "metric": "zscore",
        "symbol": None,
        "op": ">",
        "value": 2,
        "for_s": None,
        "live": None,
    }
    row = page.locator(f"[data-rule='{made['id']}']")
    expect(row).to_contain_text("Z-score > 2 (BTC/ETH 1s, 60 bars, OLS)")
    wait_for_rows(page, 3)
    events = wait_until_still(page, fast, made["id"])
    ids = [event["id"] for event in events]

    # Once per crossing, by an independent reading of the series, and cited at the bar that decided.
    times = [event["time"] for event in events]
    decided = [event["evidence"][0]["bar_time"] + SECOND_MS for event in events]
    assert times[1:] == crossings_of(fast, times[0])
    assert decided[1:] == times[1:]
    assert decided[0] <= times[0]  # what holds when the rule is made fires then, within a bar

    # Each is told once, on the page in the frame after its message, and counted.
    watched = page.evaluate("window.seen")
    alerts = [toast for toast in watched["order"] if toast in ids]
    assert len(alerts) == len(set(alerts))
    for toast in set(alerts):
        assert watched["toasts"][toast] - watched["told"][toast] <= 1
    assert set(alerts) >= set(ids[-3:])
    assert history_ids(page) == ids[::-1]
    bell = page.get_by_test_id("bell")
    expect(bell).to_have_attribute("data-unread", str(len(ids)))
    assert page.title().startswith(f"({len(ids)}) Alert rules")

    # Nothing of it is lost by a reload, and nothing is told anew.
    page.reload()
    expect(row).to_be_visible()
    expect(bell).to_have_attribute("data-unread", str(len(ids)))
    expect(page.locator("button[data-event]")).to_have_count(len(ids))
    assert history_ids(page) == ids[::-1]
    assert page.evaluate("window.seen.order") == []
    bell.click()
    expect(page.get_by_role("dialog", name="Alerts").get_by_role("listitem")).to_have_count(min(len(ids), 20))
    expect(bell).to_have_attribute("data-unread", "0")
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator("button[data-event]")).to_have_count(len(ids))
    expect(bell).to_have_attribute("data-unread", "0")

    page.get_by_role("button", name="Delete z over two").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("button", name="Make the first rule")).to_be_visible()
    assert fast.get("/alerts")["items"] == []
    assert history_ids(page) == ids[::-1]
    assert seen.console_errors == []
    assert all(request.startswith(fast.url) for request in seen.requests)


def test_what_is_wrong_is_said_at_its_field(fast: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{fast.url}/rules?new=1")
    name, value = page.get_by_label("Name"), page.get_by_label("Value")
    create = page.get_by_role("button", name="Create rule")
    before = fast.get("/alerts")["items"]
    value.fill("two")
    name.fill("")
    # A click is not lost to the text that appears when the field is left.
    page.get_by_role("button", name="Inner group").click()
    expect(page.get_by_role("group", name="Condition 2")).to_be_visible()
    expect(name).to_have_accessible_description("Needs 1 to 100 characters.")
    create.click()
    expect(name).to_be_focused()
    expect(value.first).to_have_accessible_description(re.compile("Has to be a number."))
    expect(value.first).to_have_attribute("aria-invalid", "true")
    assert fast.get("/alerts")["items"] == before

    # What the page cannot know is the server's to say: it points at the field.
    value.first.fill("2")
    name.fill("no\u202ename")
    create.click()
    expect(name).to_have_accessible_description("the character U+202E cannot be shown")
    expect(name).to_be_focused()
    assert fast.get("/alerts")["items"] == before
    name.fill("a name")
    expect(name).to_have_accessible_description("")
    expect(name).to_have_attribute("aria-invalid", "false")


def test_the_preview_is_the_servers(fast: Any, visit: Any) -> None:
    page = visit().page
    with page.expect_response("**/alerts/preview", timeout=PREVIEW_MS) as answer:
        page.goto(f"{fast.url}/rules?new=1&a=BTCUSDT&b=ETHUSDT&tf=1s&w=60&m=ols&s=level&z=1")
    body = answer.value.json()
    summary = page.get_by_test_id("preview-summary")
    expect(summary).to_have_attribute("data-count", str(body["count"]))
    assert body["count"] > 0
    expect(summary).to_contain_text("Would have fired")
    chart = page.get_by_role("group", name=re.compile("Z-score of BTCUSDT-ETHUSDT"))
    expect(chart).to_have_attribute("data-firings", str(len(body["firings"])))
    expect(chart.locator("canvas").first).to_be_visible()
    afterwards = page.get_by_role("region", name="z after the firings").locator("tbody tr")
    expect(afterwards).to_have_count(len(body["horizons"]))
    shown = afterwards.locator("[data-field=count]").all_inner_texts()
    assert shown == [str(each["count"]) for each in body["afterwards"]]

    page.get_by_label("Value").fill("50")
    expect(summary).to_have_text(re.compile("Would not have fired"), timeout=PREVIEW_MS)
    page.get_by_role("button", name="Open Z-score and firings in Plotly").click()
    expect(page.get_by_role("dialog").locator(".main-svg").first).to_be_visible()


def test_history_evidence_acknowledgement_and_csv(fast: Any, visit: Any) -> None:
    made = fast.post("/alerts", rule("=SUM(A1) busy", BUSY, severity="critical"))
    other = fast.post("/alerts", rule("quiet one", BUSY | {"op": "<", "value": 10_000}, severity="info"))
    page = visit().page
    page.goto(f"{fast.url}/rules?{urlencode({'rule': made['id']})}")
    wait_for_rows(page, 1)
    (event,) = fast.get(f"/alerts/history?rule_id={made['id']}")["items"]
    page.locator(f"button[data-event='{event['id']}']").click()
    dialog = page.get_by_role("dialog")
    (evidence,) = event["evidence"]
    assert float(dialog.locator("[data-field=value]").get_attribute("data-value")) == evidence["value"]
    expect(dialog).to_contain_text(event["id"])
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(dialog.get_by_role("button", name="Not seen after all")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(f"button[data-event='{event['id']}']")).to_be_focused()
    assert fast.get(f"/alerts/history?rule_id={made['id']}")["items"][0]["acknowledged_at"] is not None

    page.get_by_label("Seen", exact=True).select_option("no")
    expect(page.get_by_text("No event fits the filter.")).to_be_visible()
    expect(page).to_have_url(re.compile("seen=no"))
    page.get_by_label("Seen", exact=True).select_option("yes")
    wait_for_rows(page, 1)
    page.get_by_label("Rule", exact=True).select_option(other["id"])
    expect(page.get_by_text("No event fits the filter.")).to_be_visible()
    page.get_by_label("Rule", exact=True).select_option("")
    page.get_by_label("Seen", exact=True).select_option("firing")
    wait_for_rows(page, 2)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV of the history").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    wanted = fast.get(f"/alerts/history?{urlencode({'market': event['market'], 'ended': 'false'})}")["items"]
    assert [(row["event_id"], float(row["value"])) for row in rows] == [
        (each["id"], one["value"]) for each in wanted for one in each["evidence"]
    ]
    assert {row["rule"] for row in rows} == {"'=SUM(A1) busy", "quiet one"}


def test_a_rule_is_switched_edited_and_copied(fast: Any, visit: Any) -> None:
    made = fast.post("/alerts", rule("to be changed", BUSY | {"value": 1000}, channels=[]))
    page = visit().page
    page.goto(f"{fast.url}/rules")
    line = page.locator(f"[data-rule='{made['id']}']")
    expect(line).to_have_attribute("data-standing", "armed")
    line.get_by_role("switch").click()
    expect(line).to_have_attribute("data-standing", "disabled")
    assert fast.get(f"/alerts/{made['id']}")["enabled"] is False
    line.get_by_role("switch").click()
    expect(line).to_have_attribute("data-standing", "armed")

    line.get_by_role("button", name="Edit to be changed").click()
    page.get_by_label("Value").fill("2000")
    # What is being written survives a look at another page.
    page.get_by_role("link", name="System").click()
    page.get_by_role("link", name="Alert rules").click()
    expect(page.get_by_label("Value")).to_have_value("2000")
    page.get_by_label("Cool-down").fill("5")
    page.get_by_role("button", name="Save changes").click()
    expect(line).to_contain_text("> 2000")
    changed = fast.get(f"/alerts/{made['id']}")
    assert (changed["when"]["all"][0]["value"], changed["cooldown_s"]) == (2000, 5)

    line.get_by_role("button", name="Duplicate to be changed").click()
    expect(page.get_by_label("Name")).to_have_value("to be changed (copy)")
    page.get_by_role("button", name="Create rule").click()
    copies = page.get_by_role("button", name="to be changed (copy)", exact=True)
    expect(copies).to_be_visible()
    (copy,) = [each for each in fast.get("/alerts")["items"] if each["name"] == "to be changed (copy)"]
    assert copy["when"] == changed["when"]


def test_a_message_that_nobody_took_is_shown_and_sent_again(fast: Any, visit: Any) -> None:
    # This machine is no public host, so that the message is given up at once.
    fast.post("/alerts", rule("told to nobody", BUSY, channels=["https://localhost:9/hook"]))
    page = visit().page
    page.goto(f"{fast.url}/rules")
    page.get_by_role("tab", name=re.compile(r"Not delivered \(1\)")).click()
    letters = page.get_by_role("region", name="Not delivered").locator("tbody tr")
    expect(letters).to_have_count(1)
    expect(letters).to_contain_text("which is not public")
    (letter,) = fast.get("/alerts/dead-letters")["items"]
    letters.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Sent again")).to_be_visible()
    for _ in range(100):
        items = fast.get("/alerts/dead-letters")["items"]
        if items and items[0]["updated_at"] > letter["updated_at"]:
            break
        fast.wait_market(SECOND_MS)
    assert [each["id"] for each in items] == [letter["id"]]
    assert items[0]["updated_at"] > letter["updated_at"]
    expect(letters).to_have_count(1)


def test_what_was_missed_is_fetched_and_told_once(fast: Any, visit: Any) -> None:
    """The connection is lost, alerts fire meanwhile, and come once it is back."""
    page = visit().page
    page.add_init_script(f"({WATCH})()")
    lines: list[WebSocketRoute] = []
    cut = False

    def relay(route: WebSocketRoute) -> None:
        if cut:
            route.close()
            return
        lines.append(route)
        route.connect_to_server()

    page.route_web_socket(re.compile("/ws$"), relay)
    page.goto(f"{fast.url}/rules")
    expect(page.get_by_test_id("bell")).to_be_visible()
    heard = fast.post("/alerts", rule("heard", BUSY))
    expect(page.locator("[data-toast]").filter(has_text="heard")).to_be_visible()

    cut = True
    lines[-1].close()
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    missed = fast.post("/alerts", rule("missed", BUSY))
    path = f"/alerts/history?rule_id={missed['id']}"
    for _ in range(100):
        if events := fast.get(path)["items"]:
            break
        fast.wait_market(SECOND_MS)
    (event,) = events
    expect(page.locator(f"[data-toast='{event['id']}']")).to_have_count(0)
    cut = False  # the page tries by itself, some seconds apart
    expect(page.locator(f"[data-toast='{event['id']}']")).to_be_visible(timeout=30_000)
    expect(page.locator(f"button[data-event='{event['id']}']")).to_have_count(1)
    order = page.evaluate("window.seen.order")
    told = fast.get(f"/alerts/history?rule_id={heard['id']}")["items"][0]["id"]
    assert order.count(event["id"]) == 1
    assert order.count(told) == 1


def test_the_whole_way_by_keyboard(fast: Any, visit: Any) -> None:
    page = visit().page
    page.goto(f"{fast.url}/?a=BTCUSDT&b=ETHUSDT&tf=1s&m=ols&w=60&z=2.5,0.5")
    new = page.get_by_role("button", name="New rule")
    expect(new).to_be_visible()
    new.focus()
    page.keyboard.press("Enter")
    name = page.get_by_label("Name")
    expect(name).to_have_value("BTCUSDT / ETHUSDT: z above 2.5")
    name.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    line = page.get_by_role("listitem").filter(has=page.get_by_role("switch", name="by keyboard enabled"))
    expect(line).to_be_visible()
    bin_ = line.get_by_role("button", name="Delete by keyboard")
    bin_.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(bin_).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(line).to_have_count(0)
    expect(page.get_by_role("region", name="List of rules")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_test_id("numbers")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Alert rules")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_it_fits_and_anybody_can_use_it(
    fast: Any, visit: Any, violations: Any, theme: str, width: int, height: int
) -> None:
    if not any(each["name"] == "always" for each in fast.get("/alerts")["items"]):
        fast.post("/alerts", rule("always", BUSY, severity="critical", sound=True, cooldown_s=60))
        fast.post("/alerts", rule("never", BUSY | {"symbol": "BNBUSDT"}, enabled=False))
    seen = visit(width=width, height=height, theme=theme)
    page = seen.page

    def check(state: str) -> None:
        assert violations(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state

    page.goto(f"{fast.url}/rules")
    wait_for_rows(page, 1)
    check("rules and history")
    page.get_by_role("button", name="Delete always").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check("asking before a rule is deleted")
    page.keyboard.press("Escape")
    page.get_by_test_id("bell").click()
    expect(page.get_by_role("list", name="Newest alerts")).to_be_visible()
    check("newest alerts")
    page.keyboard.press("Escape")
    page.locator("button[data-event]").first.click()
    expect(page.get_by_role("dialog").get_by_text("Newest bar").first).to_be_visible()
    check("evidence")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name=re.compile("Not delivered")).click()
    check("not delivered")

    page.get_by_role("button", name="New rule").click()
    expect(page.get_by_test_id("preview-summary")).to_be_visible(timeout=PREVIEW_MS)
    expect(
        page.get_by_role("group", name=re.compile("with .* firings")).locator("canvas").first
    ).to_be_visible()
    check("builder")
    page.get_by_role("button", name="Inner group").click()
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Create rule").click()
    expect(page.get_by_label("Name")).to_be_focused()
    check("builder with problems")
    page.get_by_role("button", name="Cancel").click()

    made = fast.post("/alerts", rule(f"fires at once {theme} {width}", BUSY, severity="critical"))
    expect(page.locator("[data-toast]").filter(has_text=made["name"])).to_be_visible()
    check("toast")
    if height == 720:
        assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert seen.console_errors == []
    assert all(request.startswith(fast.url) for request in seen.requests)

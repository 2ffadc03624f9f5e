"""The server gone, frozen, slow, or sending garbage: the page says so, keeps what it has, and recovers by itself.

A relay of real sockets between page and server brings the faults about.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from relay import Relay, answer

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
PAGES = ["/scan", "/pair/BTCUSDT/ETHUSDT", "/rules", "/export-data", "/system"]
HTML = "<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>"
SLOW_S = 0.8
# Chromium's own notes of a request that failed, which no page can keep from its console.
OF_THE_NETWORK = re.compile(r"^(Failed to load resource: |WebSocket connection to '[^']*' failed)")


@pytest.fixture
def relay(server: Any) -> Iterator[Relay]:
    """A wire to the shared server with the pair streaming."""
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    with Relay(server.port) as wire:
        yield wire


@pytest.fixture
def seen(visit: Any) -> Iterator[Any]:
    """A visit of which no error of its own reaches the console, whatever happens to the wire."""
    one = visit()
    yield one
    own = [line for line in one.console_errors if not OF_THE_NETWORK.match(line)]
    assert own == []


def state(page: Page) -> Any:
    return page.get_by_test_id("state")


def open_monitor(page: Page, relay: Relay) -> None:
    page.goto(relay.url + PAIR)
    expect(state(page)).to_have_text(re.compile("Live"))
    expect(page.locator(A_NUMBER)).to_be_visible()
    chart = page.get_by_role("group", name=re.compile("^Price, spread"))
    expect(chart.locator("canvas").first).to_be_visible()
    # What was left out of the first load, as the dialog of the history, is there before the server is not.
    assert rows_of_history(page) > 200


def rows_of_history(page: Page) -> int:
    """Return how many bars the page still holds; it needs nothing of the server for that."""
    page.get_by_role("button", name="View data of Price").click()
    rows = page.get_by_role("dialog").locator("tbody tr")
    expect(rows.nth(100)).to_be_attached()
    count = rows.count()
    page.keyboard.press("Escape")
    return count


def seq(page: Page) -> int:
    return int(page.get_by_test_id("numbers").get_attribute("data-seq") or "0")


def expect_news(page: Page) -> None:
    """Wait until the numbers go on."""
    page.wait_for_function(
        "before => Number(document.querySelector('[data-testid=numbers]').dataset.seq) !== before",
        arg=seq(page),
    )


def test_a_server_that_is_gone(relay: Relay, seen: Any, violations: Any) -> None:
    page = seen.page
    open_monitor(page, relay)
    relay.cut()
    expect(state(page)).to_have_text(re.compile("Offline"))
    said = page.get_by_role("status").filter(has_text="last that came")
    expect(said).not_to_contain_text(re.compile(r"\d"))
    expect(page.get_by_text(re.compile(r"^(Next try in \d+ s|Trying again)\.$"))).to_be_visible()
    expect(page.locator(A_NUMBER)).to_be_visible()
    assert rows_of_history(page) > 200
    for theme in ("light", "dark"):
        page.get_by_role("button", name=f"Switch to the {theme} theme").click()
        assert violations(page) == []
    relay.mend()
    expect(state(page)).to_have_text(re.compile("Live"))
    expect(page.get_by_text(re.compile("The server does not answer"))).to_have_count(0)
    expect_news(page)


def test_a_server_that_is_frozen(relay: Relay, seen: Any, violations: Any) -> None:
    page = seen.page
    open_monitor(page, relay)
    relay.freeze()
    expect(state(page)).to_have_text(re.compile("Stale"))
    expect(page.get_by_text(re.compile(r"last word [3-9] s ago"))).to_be_visible()
    expect(page.locator(A_NUMBER)).to_be_visible()
    assert violations(page) == []
    # A line that stays silent is given up, and others are tried.
    expect(state(page)).to_have_text(re.compile("Offline"))
    assert rows_of_history(page) > 200
    relay.thaw()
    expect(state(page)).to_have_text(re.compile("Live"))
    expect_news(page)


def test_a_short_freeze_needs_no_new_connection(relay: Relay, seen: Any) -> None:
    page = seen.page
    lines: list[Any] = []
    page.on("websocket", lambda line: lines.append(line))
    open_monitor(page, relay)
    relay.freeze()
    expect(state(page)).to_have_text(re.compile("Stale"))
    relay.thaw()
    expect(state(page)).to_have_text(re.compile("Live"))
    expect_news(page)
    assert len(lines) == 1


def test_a_slow_line(relay: Relay, seen: Any) -> None:
    page = seen.page
    relay.delay_s = SLOW_S
    open_monitor(page, relay)
    slow = page.get_by_test_id("slow-wire")
    expect(slow).to_have_text(re.compile(r"slow line: \d,?\d* ms to the server and back"))
    shown = int(re.sub(r"\D", "", slow.inner_text()))
    assert shown >= SLOW_S * 1000
    expect_news(page)
    expect(state(page)).to_have_text(re.compile("Live"))
    relay.delay_s = 0
    expect(slow).to_have_count(0)


def broken_json(message: str) -> str:
    return message[: len(message) // 2]


def another_form(message: str) -> str:
    return json.dumps(json.loads(message) | {"data": {"price": "high"}, "time": "soon"})


def noise(_: str) -> str:
    return HTML


@pytest.mark.parametrize("spoil", [broken_json, another_form, noise])
def test_messages_that_are_garbage(relay: Relay, seen: Any, spoil: Callable[[str], str]) -> None:
    """All of them at first, so that the page has nothing new; then some, so that others have to be asked for anew."""
    page = seen.page
    open_monitor(page, relay)
    before = page.locator(A_NUMBER).inner_text()
    relay.messages = lambda message: (spoil(message),)
    expect(state(page)).to_have_text(re.compile("Stale"))
    expect(page.get_by_test_id("unreadable")).to_have_text(re.compile(r"^\d+ unreadable messages?$"))
    expect(page.locator(A_NUMBER)).to_have_text(before)
    assert rows_of_history(page) > 200

    dice = random.Random(3)  # noqa: S311  every third would be the same topic's each time, where three are told in turn
    relay.messages = lambda message: (spoil(message) if dice.random() < 1 / 3 else message,)
    expect(state(page)).to_have_text(re.compile("Live"))
    expect_news(page)
    relay.messages = lambda message: (message,)
    expect_news(page)
    expect(state(page)).to_have_text(re.compile("Live"))


def test_bytes_that_are_no_websocket_frames(relay: Relay, seen: Any) -> None:
    page = seen.page
    open_monitor(page, relay)
    relay.messages = lambda message: (b"\xff\xff\xff\xff" + message.encode(),)
    expect(state(page)).to_have_text(re.compile("Offline"))
    assert rows_of_history(page) > 200
    relay.messages = lambda message: (message,)
    expect(state(page)).to_have_text(re.compile("Live"))
    expect_news(page)


def is_page_or_asset(path: str) -> bool:
    return path.split("?")[0] in ("/", *PAGES) or re.match(r"/(assets|theme|favicon|about)", path) is not None


def spoiled_rest(status: str, body: str = HTML) -> Callable[[str], bytes | None]:
    return lambda path: None if is_page_or_asset(path) or path.startswith("/ws") else answer(status, body)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("500 Internal Server Error", "The server answered 500 Internal Server Error."),
        ("502 Bad Gateway", "The server answered 502 Bad Gateway."),
        ("200 OK", "The server's answer could not be read."),
    ],
)
def test_rest_that_answers_with_a_page(relay: Relay, seen: Any, status: str, sentence: str) -> None:
    page = seen.page
    relay.rest = spoiled_rest(status)
    page.goto(relay.url + PAIR)
    expect(page.get_by_text(sentence).first).to_be_visible()
    # Nobody presses Retry.
    relay.rest = lambda _: None
    expect(state(page)).to_have_text(re.compile("Live"))
    expect(page.locator(A_NUMBER)).to_be_visible()
    expect(page.get_by_text(sentence)).to_have_count(0)


def test_a_command_that_fails_says_so_and_can_be_given_again(relay: Relay, seen: Any) -> None:
    page = seen.page
    open_monitor(page, relay)
    relay.rest = spoiled_rest("500 Internal Server Error")
    page.get_by_role("button", name="Stop").click()
    failed = page.get_by_text("The server answered 500 Internal Server Error.")
    expect(failed).to_be_visible()
    expect(state(page)).to_have_text(re.compile("Live"))
    relay.rest = lambda _: None
    page.get_by_role("button", name="Stop").click()
    expect(state(page)).to_have_text(re.compile("Stopped"))
    expect(failed).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (PAIR, A_NUMBER),
        ("/scan?tf=1m&w=60", "[data-row]"),
        ("/scan?tf=1m&w=60&cal=1", "[data-row]"),
        ("/pair/BTCUSDT/ETHUSDT?tf=1m&w=60", "[data-truth=beta]"),
        ("/system", "[data-field=version_product]"),
    ],
)
def test_what_stands_still_is_dimmed_and_says_how_old_it_is(
    relay: Relay, seen: Any, path: str, content: str
) -> None:
    page = seen.page
    page.goto(relay.url + path)
    expect(page.locator(content).first).to_be_visible()
    expect(page.locator(".dimmed")).to_have_count(0)
    relay.cut()
    expect(state(page)).to_have_text(re.compile("Offline"))
    expect(page.get_by_text(re.compile(r"[Ll]ast word \d+ s ago")).first).to_be_visible()
    expect(page.locator(f".dimmed :is({content})").first).to_be_visible()
    expect(page.get_by_text(re.compile("overextended|oversold"))).to_have_count(0)
    again = page.get_by_role("button", name=re.compile("Scan again|Compute again"))
    if again.count() > 0:
        again.click()
        expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")
        expect(page.locator(content).first).to_be_visible()
    relay.mend()
    expect(page.locator(".dimmed")).to_have_count(0)
    expect(page.get_by_text(re.compile("[Ll]ast word"))).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_outlives_a_broken_server(relay: Relay, seen: Any, violations: Any, path: str) -> None:
    page = seen.page
    relay.rest = spoiled_rest("502 Bad Gateway")
    page.goto(relay.url + path)
    expect(page.get_by_text("The server answered 502 Bad Gateway.").first).to_be_visible()
    relay.rest = lambda _: None
    expect(page.get_by_text("The server answered 502 Bad Gateway.")).to_have_count(0)
    relay.cut()
    expect(page.get_by_text(re.compile("The server does not answer")).first).to_be_visible()
    assert violations(page) == []
    relay.mend()
    expect(page.get_by_text(re.compile("The server does not answer"))).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()

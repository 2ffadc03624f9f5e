"""The pages and the states of their panels: how each is brought about, and how it is known that it is there."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute, expect

SIZES = {"wide": (1280, 720), "phone": (390, 844)}
THEMES = ("dark", "light")
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "AVAXUSDT", "ADAUSDT", "XRPUSDT", "ARBUSDT", "OPUSDT"]
BEST = "a=ARBUSDT&b=OPUSDT"
MONITOR = f"/?{BEST}&tf=1m&m=ols&w=120&z=2,0.5"
LAB = "/pair/ARBUSDT/OPUSDT?tf=1m&w=240&m=ols&s=level"
SCAN = "/scan?tf=1m&w=240"
RECORDED = "/?a=AAAUSDT&b=BBBUSDT&tf=1s&m=ols&w=60&z=2,0.5"
FRAMES = 20
ASKED = re.compile("/analytics/|/system/status")
"""What pages ask for again and again."""

Act = Callable[[Page], object]


def nothing(_page: Page) -> None:
    pass


# What makes a state, before the page is opened.


def silent_socket(page: Page) -> None:
    """The socket opens and never says anything."""
    page.route_web_socket("**/ws", lambda _socket: None)


def never_answered(page: Page) -> None:
    silent_socket(page)
    unanswered(page)


def unanswered(page: Page) -> None:
    page.route(ASKED, lambda _route: None)


def refused(page: Page) -> None:
    problem = {
        "type": "/docs",
        "title": "Internal error",
        "status": 500,
        "code": "internal",
        "detail": "The server could not compute this. What happened is in its log.",
        "request_id": "5f0c2a91",
    }

    def answer(route: Route) -> None:
        route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(problem))

    page.route(ASKED, answer)


def cut_off(page: Page) -> None:
    """The line is lost after the data came, and each new one at once."""
    seen = 0

    def connect(socket: WebSocketRoute) -> None:
        nonlocal seen
        seen += 1
        if seen > 1:
            socket.close()
            return
        server = socket.connect_to_server()
        pairs = 0

        def forward(message: str | bytes) -> None:
            nonlocal pairs
            socket.send(message)
            pairs += '"type":"update","topic":"pair:' in str(message)
            if pairs > 2:
                socket.close()

        server.on_message(forward)

    page.route_web_socket("**/ws", connect)


def frozen(page: Page) -> None:
    """The line stays open, and nothing comes any more."""

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        pairs = 0

        def forward(message: str | bytes) -> None:
            nonlocal pairs
            pairs += '"type":"update","topic":"pair:' in str(message)
            if pairs <= 2:
                socket.send(message)

        server.on_message(forward)

    page.route_web_socket("**/ws", connect)


def with_a_gap(page: Page) -> None:
    """Nine bars of leg A whose trades are not known."""

    def lose(message: str | bytes) -> str | bytes:
        if '"topic":"bars:ARBUSDT' not in str(message) or '"type":"snapshot"' not in str(message):
            return message
        body = json.loads(message)
        for bar in body["data"]["items"][-60:-51]:
            bar |= dict.fromkeys(("open", "high", "low", "close"), None) | {"quality": "gap", "volume": 0}
        return json.dumps(body)

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: socket.send(lose(message)))

    page.route_web_socket("**/ws", connect)


# When a page is drawn, and what is done on it before it is taken.


def drawn(count: int) -> Act:
    def wait(page: Page) -> None:
        charts = page.locator(".main-svg:visible")
        expect(charts.nth(count - 1)).to_be_visible()

    return wait


def monitor(page: Page) -> None:
    expect(page.locator("[data-field=beta]:not([data-value=null])")).to_be_visible()
    expect(
        page.get_by_role("group", name=re.compile("^Price, spread")).locator("canvas").first
    ).to_be_visible()
    if page.viewport_size and page.viewport_size["width"] > 1000:
        drawn(2)(page)


def says(text: str) -> Act:
    return lambda page: expect(page.get_by_text(re.compile(text)).first).to_be_visible()


def state(page: Page, word: str) -> None:
    expect(page.get_by_test_id("state")).to_have_text(re.compile(word))


def pressed(role: Any, name: str, then: Act = nothing) -> Act:
    def act(page: Page) -> None:
        monitor(page)
        page.get_by_role(role, name=re.compile(name)).first.click()
        then(page)

    return act


def in_a_tab(name: str, then: Act = nothing) -> Act:
    return pressed("tab", name, then)


def new_rule(page: Page) -> None:
    page.get_by_role("button", name="New rule").first.click()
    expect(page.get_by_test_id("preview-summary")).to_have_attribute("data-count", re.compile(r"^\d+$"))


def latency_data(page: Page) -> None:
    page.get_by_role("button", name="View data of Feed latency").click()
    expect(page.get_by_role("region", name="Data of Feed latency")).to_be_visible()


@dataclass(frozen=True)
class Scene:
    name: str
    path: str
    act: Act = nothing
    prepare: Act = nothing
    sizes: tuple[str, ...] = ("wide", "phone")
    server: str = "simulated"


WIDE = ("wide",)
SCENES = [
    Scene("monitor", MONITOR, monitor),
    Scene("monitor compared", f"{MONITOR}&cmp=SOLUSDT,AVAXUSDT,XRPUSDT", monitor),
    Scene(
        "monitor pairs",
        MONITOR,
        in_a_tab("^Pairs", lambda page: expect(page.locator("[data-row] path[d^=M]").first).to_be_visible()),
    ),
    Scene(
        "monitor matrix",
        MONITOR,
        in_a_tab("^Matrix", lambda page: expect(page.locator("[data-pair]").first).to_be_visible()),
    ),
    Scene("monitor what next", MONITOR, in_a_tab("What (happened )?next", drawn(2))),
    Scene("monitor number", MONITOR, pressed("button", "where Z-score comes from")),
    Scene("monitor ticket", MONITOR, pressed("button", "Trade ticket")),
    Scene("monitor plotly", MONITOR, pressed("button", "Open Z-score in Plotly", drawn(1)), sizes=WIDE),
    Scene("monitor data", MONITOR, pressed("button", "View data of Price"), sizes=WIDE),
    Scene("monitor symbols", MONITOR, pressed("button", "^Symbols")),
    Scene("monitor thresholds", MONITOR, pressed("button", "thresholds")),
    Scene("monitor charts", MONITOR, pressed("button", "^Charts")),
    Scene("palette", MONITOR, lambda page: (monitor(page), page.keyboard.press("Control+k"))),
    Scene("shortcuts", MONITOR, lambda page: (monitor(page), page.keyboard.press("?")), sizes=WIDE),
    Scene("bell", MONITOR, lambda page: (monitor(page), page.get_by_test_id("bell").click())),
    Scene("scanner", SCAN, lambda page: expect(page.locator("[data-row]").nth(5)).to_be_visible()),
    Scene(
        "scanner calibrated",
        f"{SCAN}&cal=1",
        lambda page: expect(page.locator("[data-row]").nth(5)).to_be_visible(),
    ),
    Scene("lab", LAB, drawn(5)),
    Scene("rules", "/rules", lambda page: expect(page.locator("[data-rule]").nth(2)).to_be_visible()),
    Scene("rules editor", "/rules", new_rule),
    Scene("data", "/export-data", lambda page: expect(page.get_by_test_id("estimate")).to_be_visible()),
    Scene(
        "system", "/system", lambda page: expect(page.locator("[data-field=last_id]").nth(3)).to_be_visible()
    ),
    Scene("system latency", "/system", latency_data, sizes=WIDE),
    Scene("about", "/about", says("Notices")),
    Scene("sign in", "/", says("access token"), server="users"),
    Scene("recording", RECORDED, monitor, server="recorded"),
    Scene("loading monitor", MONITOR, nothing, silent_socket),
    Scene("loading scanner", SCAN, nothing, silent_socket),
    Scene("loading lab", LAB, nothing, never_answered),
    Scene("loading system", "/system", says("Waiting for: Versions"), unanswered),
    Scene("warming up monitor", "/?a=ARBUSDT&b=OPUSDT&tf=5m&m=ols&w=4000&z=2,0.5", says("Warming up")),
    Scene("warming up lab", "/pair/ARBUSDT/OPUSDT?tf=5m&w=4000", says("Warming up")),
    Scene("warming up scanner", "/scan?tf=5m&w=4000", says("Warming up")),
    Scene("empty monitor", "/?a=LTCUSDT&b=BCHUSDT&tf=1m&m=ols&w=60&z=2,0.5", says("not streaming")),
    Scene("empty scanner", f"{SCAN}&p=0", says("No pair passes")),
    Scene("empty lab", "/pair", says("Choose two symbols")),
    Scene("unknown symbol", "/?a=NOSUCHUSDT&b=OPUSDT", says("This market has no")),
    Scene("stale", MONITOR, lambda page: (monitor(page), state(page, "Stale")), frozen),
    Scene("offline monitor", MONITOR, lambda page: (monitor(page), says("does not answer")(page)), cut_off),
    Scene("gap", MONITOR, monitor, with_a_gap),
    Scene("failed lab", LAB, says("5f0c2a91"), refused),
    Scene("failed scanner", f"{SCAN}&s=level", says("5f0c2a91"), refused),
    Scene("failed system", "/system", says("5f0c2a91"), refused),
    Scene("not applicable lab", "/pair/ARBUSDT/OPUSDT?tf=1m&w=20&m=ols&s=log", drawn(3)),
]


def draw(page: Page) -> None:
    """Return when what came has been drawn."""
    for _ in range(FRAMES):
        page.evaluate("() => new Promise(requestAnimationFrame)")

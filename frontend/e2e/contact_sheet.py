"""Screenshots of every page and of every state of its panels, from the simulated market: one sheet a theme.

`PYTHONPATH=backend/tests python frontend/e2e/contact_sheet.py` writes the sheets and the README's pictures into
docs/screenshots/.
`--shots FOLDER` keeps every screenshot, to be looked at one by one; `--only WORD` takes those whose name holds the
word, and makes no sheet.
"""

import argparse
import base64
import html
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from recorded import made_trades, write_recording

from conftest import REPOSITORY, Server, launched

SCREENSHOTS = REPOSITORY / "docs" / "screenshots"
SIZES = {"wide": (1280, 720), "phone": (390, 844)}
THEMES = ("dark", "light")
SYMBOLS = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "AVAXUSDT", "ADAUSDT", "XRPUSDT", "ARBUSDT", "OPUSDT"]
BEST = "a=ARBUSDT&b=OPUSDT"
MONITOR = f"/?{BEST}&tf=1m&m=ols&w=120&z=2,0.5"
LAB = "/pair/ARBUSDT/OPUSDT?tf=1m&w=240&m=ols&s=level"
SCAN = "/scan?tf=1m&w=240"
RECORDED = "/?a=AAAUSDT&b=BBBUSDT&tf=1s&m=ols&w=60&z=2,0.5"
RECORDED_FROM_MS = 1_750_000_020_000
FRAMES = 20
ASKED = re.compile("/analytics/|/system/status")
"""What pages ask for again and again."""
PICTURES = {"monitor": "dark", "lab": "dark", "scanner": "light"}
RULES: list[dict[str, Any]] = [
    {
        "name": "Spread stretched",
        "severity": "warning",
        "cooldown_s": 3600,
        "when": {
            "any": [
                {
                    "metric": "zscore",
                    "pair": "ARBUSDT-OPUSDT",
                    "interval": "1s",
                    "window": 60,
                    "op": op,
                    "value": v,
                }
                for op, v in ((">", 1), ("<", -1))
            ]
        },
    },
    {
        "name": "Bitcoin trades fast",
        "severity": "info",
        "when": {"all": [{"metric": "tick_rate", "symbol": "BTCUSDT", "op": ">", "value": 5}]},
    },
    {
        "name": "Ether falls silent",
        "severity": "critical",
        "when": {"all": [{"metric": "staleness", "symbol": "ETHUSDT", "op": ">", "value": 30}]},
    },
]

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
        in_a_tab("^Pairs", lambda page: expect(page.locator("[data-row]").first).to_be_visible()),
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


@contextmanager
def opened(browser: Browser, theme: str, size: str, scale: float = 1) -> Iterator[BrowserContext]:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, timezone_id="Europe/Berlin", device_scale_factor=scale
    )
    context.set_default_timeout(30_000)
    stored = json.dumps({"state": {"theme": theme, "zone": "utc"}, "version": 0})
    context.add_init_script(f"localStorage.setItem('quant.preferences', {stored!r})")
    yield context
    context.close()


def take(context: BrowserContext, url: str, scene: Scene) -> tuple[bytes, Exception | None]:
    """Return the scene as PNG, and why it is not what it should be; a page that scrolls is taken whole."""
    page = context.new_page()
    scene.prepare(page)
    failure = None
    try:
        page.goto(url + scene.path)
        expect(page.locator("header, main").first).to_be_visible()
        scene.act(page)
    except (PlaywrightError, AssertionError) as error:
        failure = error
    page.evaluate("() => document.fonts.ready")
    draw(page)
    a_dialog_is_open = page.get_by_role("dialog").count() > 0
    shot = page.screenshot(full_page=not a_dialog_is_open, animations="disabled")
    page.close()
    return shot, failure


def draw(page: Page) -> None:
    """Return when what came has been drawn."""
    for _ in range(FRAMES):
        page.evaluate("() => new Promise(requestAnimationFrame)")


STYLE = """
body { margin: 0; padding: 24px; width: 2000px; font: 15px Inter, system-ui, sans-serif; }
body.dark { background: #05070a; color: #e6edf3 } body.light { background: #dfe4ea; color: #14202b }
h1 { font-size: 28px; margin: 0 0 16px } h2 { font-size: 20px; margin: 24px 0 8px }
div { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start }
figure { margin: 0 } figcaption { padding-bottom: 4px }
.wide { width: 488px; max-height: 560px; object-fit: cover; object-position: top }
.phone { width: 148px; max-height: 480px; object-fit: cover; object-position: top }
"""


def sheet(browser: Browser, theme: str, shots: dict[tuple[str, str], bytes], quality: int) -> bytes:
    """Return all screenshots of a theme on one sheet, as WebP."""
    parts = [f"<style>{STYLE}</style><body class={theme}><h1>The dashboard, {theme}</h1>"]
    for size, (width, height) in SIZES.items():
        parts.append(f"<h2>{width} × {height}</h2><div>")
        for (name, of), png in shots.items():
            if of == size:
                image = base64.b64encode(png).decode()
                caption = html.escape(name)
                parts.append(
                    f"<figure><figcaption>{caption}</figcaption>"
                    f'<img class={size} src="data:image/png;base64,{image}"></figure>'
                )
        parts.append("</div>")
    context = browser.new_context(viewport={"width": 2048, "height": 1000})
    page = context.new_page()
    page.set_content("".join(parts))
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    webp = as_webp(page, quality)
    context.close()
    return webp


def as_webp(page: Page, quality: int) -> bytes:
    answer = page.context.new_cdp_session(page).send(
        "Page.captureScreenshot", {"format": "webp", "quality": quality, "captureBeyondViewport": True}
    )
    return base64.b64decode(answer["data"])


def picture(browser: Browser, url: str, scene: Scene, theme: str) -> bytes:
    """Return a scene as the README shows it, twice as fine."""
    with opened(browser, theme, "wide", scale=2) as context:
        page = context.new_page()
        page.goto(url + scene.path)
        scene.act(page)
        draw(page)
        answer = context.new_cdp_session(page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": 70}
        )
    return base64.b64decode(answer["data"])


def prepare(server: Server) -> None:
    """Give the symbols their past, and rules that have fired."""
    server.post("/stream/start", {"symbols": SYMBOLS})
    scan = f"/analytics/scan?interval=1m&window=240&symbols={','.join(SYMBOLS)}"
    server.wait_answer(scan, enough=lambda found: all(row["p_value"] is not None for row in found["items"]))
    for rule in RULES:
        server.post("/alerts", rule)
    server.wait_answer("/alerts/history", enough=lambda found: len(found["items"]) > 1)


@contextmanager
def running(folder: Path) -> Iterator[dict[str, Server]]:
    """Run a simulated market, one whose server has users, and a recording that is paused in its middle."""
    recording = folder / "made.gz"
    write_recording(recording, made_trades(seed=21, minutes=8, start_ms=RECORDED_FROM_MS))
    sources = {
        "simulated": {},
        "users": {},
        "recorded": {"SOURCE": f"replay:{recording}", "SPEED": "1"},
    }
    servers = {}
    try:
        for name, environment in sources.items():
            (folder / name).mkdir()
            servers[name] = Server(folder / name, environment)
            servers[name].start()
        prepare(servers["simulated"])
        servers["users"].post("/auth/users", {"name": "ana", "role": "admin", "password": "correct horse 1"})
        stands = servers["recorded"].get("/replay")
        middle = (stands["begin"] + stands["end"]) // 2
        servers["recorded"].post("/replay", {"position": middle, "paused": True})
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shots", type=Path, help="keep every screenshot in this folder")
    parser.add_argument("--only", help="take only scenes whose name holds this word, and make no sheet")
    parser.add_argument("--quality", type=int, default=45, help="of the sheets' WebP (default 45)")
    asked = parser.parse_args()
    if asked.shots:
        asked.shots.mkdir(parents=True, exist_ok=True)
    scenes = [scene for scene in SCENES if asked.only is None or asked.only in scene.name]
    failures: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as servers,
        sync_playwright() as playwright,
    ):
        browser = launched(playwright)
        for theme in THEMES:
            shots: dict[tuple[str, str], bytes] = {}
            for size in SIZES:
                with opened(browser, theme, size) as context:
                    for scene in (one for one in scenes if size in one.sizes):
                        name = f"{scene.name.replace(' ', '-')}-{theme}-{size}"
                        url = servers[scene.server].url
                        shots[scene.name, size], failure = take(context, url, scene)
                        if failure is not None:
                            failures.append(f"{name}: {failure}")
                        if asked.shots:
                            (asked.shots / f"{name}.png").write_bytes(shots[scene.name, size])
            if asked.only is None:
                made = sheet(browser, theme, shots, asked.quality)
                (SCREENSHOTS / f"sheet-{theme}.webp").write_bytes(made)
        for name, theme in PICTURES.items() if asked.only is None else ():
            scene = next(one for one in SCENES if one.name == name)
            made = picture(browser, servers[scene.server].url, scene, theme)
            (SCREENSHOTS / f"{name}.webp").write_bytes(made)
    if failures:
        sys.exit("\n\n".join(failures))


if __name__ == "__main__":
    main()

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
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from recorded import made_trades, write_recording

from conftest import REPOSITORY, Server, launched
from scenes import SCENES, SIZES, SYMBOLS, THEMES, Scene, draw

SCREENSHOTS = REPOSITORY / "docs" / "screenshots"
RECORDED_FROM_MS = 1_750_000_020_000
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

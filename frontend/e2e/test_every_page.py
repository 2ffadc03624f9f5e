"""What holds on every page: its size, its sources, its console; and how much of it is loaded first."""

import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

DIST = Path(__file__).resolve().parents[1] / "dist"
A_NUMBER = "[data-field=beta]:not([data-value=null])"
MONITOR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5"
PAGES = {
    MONITOR: "Monitor",
    "/scan?tf=1m&w=120": "Scanner",
    "/pair/BTCUSDT/ETHUSDT": "Pair lab",
    "/rules": "Alert rules",
    "/rules?new=1": "Alert rules",
    "/export-data": "Data and export",
    "/system?symbol=BTCUSDT": "System",
    "/about": "About",
    "/nowhere": "There is no page /nowhere",
}
FIRST_LOAD_BYTES = 150_000


@pytest.fixture(autouse=True)
def streaming(server: Any) -> None:
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})


def is_inside(address: str, server: Any) -> bool:
    return (
        urlsplit(address).scheme in ("data", "blob")
        or urlsplit(address).netloc == urlsplit(server.url).netloc
    )


def settle(page: Page) -> None:
    """Wait until what the page asked for has come."""
    page.wait_for_load_state("networkidle")


def test_no_page_has_errors_or_asks_anybody_else(server: Any, visit: Any) -> None:
    seen = visit()
    page = seen.page
    addresses: list[str] = []
    page.on("websocket", lambda line: addresses.append(line.url))
    for path, title in PAGES.items():
        page.goto(server.url + path)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        if path != "/nowhere":
            # The socket never rests; what comes by requests does.
            settle(page)
    page.goto(f"{server.url}/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    settle(page)
    page.goto(f"{server.url}/redoc")
    expect(page.locator("[data-section-id]").first).to_be_visible()
    settle(page)
    assert seen.console_errors == []
    assert [address for address in seen.requests + addresses if not is_inside(address, server)] == []
    assert addresses


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/nowhere"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_overflows_sideways(server: Any, visit: Any, path: str, width: int) -> None:
    page = visit(width=width, height=844).page
    page.goto(server.url + path)
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # What reaches over the edge without making the page scroll is cut off: outside of boxes that scroll by themselves.
    cut_off = page.evaluate(
        """() => {
             const scrolls = (element) => {
               for (let box = element.parentElement; box; box = box.parentElement)
                 if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
               return false;
             };
             return [...document.querySelectorAll("button, a, input, select, [role=tab], h1, h2, label")]
               .filter((element) => element.checkVisibility() && element.getClientRects().length > 0)
               .filter((element) => getComputedStyle(element).clipPath === "none" && !element.closest(".sr-only"))
               .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5 && !scrolls(element))
               .map((element) => element.outerHTML.slice(0, 120));
           }"""
    )
    assert cut_off == []


def imported(entry: Path) -> set[Path]:
    """Return a script and all that it imports before it runs."""
    found, waiting = {entry}, [entry]
    while waiting:
        text = waiting.pop().read_text("utf-8")
        for name in re.findall(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", text):
            if (path := entry.parent / name) not in found:
                found.add(path)
                waiting.append(path)
    return found


def test_the_first_load_is_small() -> None:
    page = (DIST / "index.html").read_text("utf-8")
    entries = re.findall(r'(?:src|href)="/(assets/[\w.-]+\.js)"', page)
    scripts = set().union(*(imported(DIST / name) for name in entries))
    assert len(scripts) > 1
    assert not any(path.name.startswith(("draw-", "stacked-chart-")) for path in scripts)
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) <= FIRST_LOAD_BYTES

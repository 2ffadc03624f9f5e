"""The built dashboard in a real Chromium: how soon it shows, how late it is, what it costs, and how it takes a fall.

The server delivers the page and the simulated market is its source. For updates at rates of our own, a relay between
page and server carries the server's messages on. Words among the arguments name the parts to run, all without any:
size, load, start, rate, growth, alerts, falls, libraries.
"""

import contextlib
import gzip
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from chart_libraries import sides
from dashboard_feed import DrivenFeed
from dashboard_page import LIVE, Visit, launch
from harness import REPEATS, Row, medians, publish
from relay import Relay
from server import Server

DIST = Path(__file__).resolve().parents[2] / "frontend" / "dist"
LEGS = ("BTCUSDT", "ETHUSDT")
OTHERS = ("BNBUSDT", "SOLUSDT", "ADAUSDT")
VIEW = "/?a=BTCUSDT&b=ETHUSDT&tf=1s&m=ols&w=60&z=2,0.5"
BARS = ("bars:BTCUSDT:1s", "bars:ETHUSDT:1s")
PAIR = "pair:BTCUSDT-ETHUSDT:1s:60:ols:level"
VALUES = "[data-field=beta]:not([data-value=null])"

HZ, MINUTE_S = 10, 60
GROWTH_UPDATES, GROWTH_HZ = 10_000, 100
ROW_LIMIT = 3000
"""Rows that the page keeps of a topic (`ROW_LIMIT` of stores/merge.ts): from then on nothing should grow."""

SLOPE_SAMPLES = 10
WORKING_DAY_S = 8 * 3600
ALERTS = 60
FALLS = 3
DOWN_S = 15
"""How long the server is away: long enough that the page asks as seldom as it ever does."""

PATIENCE_MS = 60_000.0
KB, MB = 1e3, 1e6


def gzipped(paths: Sequence[Path]) -> float:
    """Return the size of files in kB, each compressed with gzip."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths) / KB


def imported(entry: Path) -> list[Path]:
    """Return a script and all that it imports before it runs."""
    found, waiting = [entry], [entry]
    while waiting:
        for name in re.findall(
            r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", waiting.pop().read_text("utf-8")
        ):
            if (path := entry.parent / name) not in found:
                found.append(path)
                waiting.append(path)
    return found


def size(_: Browser) -> list[Row]:
    page = (DIST / "index.html").read_text("utf-8")
    entries = [DIST / name.lstrip("/") for name in re.findall(r'(?:src|href)="(/assets/[\w.-]+\.js)"', page)]
    first = {path for entry in entries for path in imported(entry)}
    (plotly,) = (path for path in DIST.glob("assets/draw-*.js"))
    (live,) = (path for path in DIST.glob("assets/stacked-chart-*.js"))
    return [
        Row(
            "dashboard-size",
            "Dashboard, gzip: JavaScript before the first paint; lightweight-charts' chunk; Plotly's chunk",
            f"**{gzipped(sorted(first)):.0f} kB**; {gzipped([live]):.0f} kB; {gzipped([plotly]):.0f} kB",
            "wanted: at most 150 kB; Plotly is loaded after the first data",
        )
    ]


@contextlib.contextmanager
def serving(*symbols: str, **settings: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name), SOURCE="sim:7", **settings)
        server.start()
        try:
            if symbols:
                server.ask("/stream/start", {"symbols": list(symbols)})
                server.wait_full(symbols, ticks=1)
            yield server
        finally:
            server.kill()


def load(browser: Browser) -> list[Row]:
    painted, shown, fetched = [], [], []
    with serving(*LEGS) as server:
        for _ in range(REPEATS + 1):
            visit = Visit(browser)
            scripts: list[str] = []
            visit.page.on("request", lambda request, into=scripts: into.append(request.url))
            visit.page.goto(server.url + VIEW)
            at = visit.first_data_since(0)
            begun = visit.page.evaluate("performance.timeOrigin")
            shown.append(at - begun)
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            painted.append(visit.page.evaluate(paint))
            fetched.append(any("/assets/draw-" in url for url in scripts))
            visit.close()
    return [
        Row(
            "dashboard-load",
            "The page from an empty cache: first contentful paint; first numbers of a pair that streams",
            f"**{statistics.median(painted[1:]):.0f} ms**; **{statistics.median(shown[1:]):.0f} ms**",
            f"slowest {max(painted[1:]):.0f}; {max(shown[1:]):.0f} ms; wanted: at most 1,000; 2,000 ms",
        )
    ]


def start(browser: Browser) -> list[Row]:
    took = []
    for _ in range(REPEATS):
        with serving() as server:
            visit = Visit(browser)
            visit.page.goto(server.url + VIEW)
            visit.state_since("stopped", 0)
            visit.page.get_by_role("button", name="Start", exact=True).click()
            clicked = visit.note("clicked")
            live = visit.state_since(LIVE, clicked)
            took.append(max(live, visit.first_data_since(clicked)) - clicked)
            visit.close()
    return [
        Row(
            "dashboard-start",
            "From the click on Start on a fresh server to “Live” with the pair's numbers",
            f"**{statistics.median(took):.0f} ms**",
            f"slowest {max(took):.0f} ms; wanted: at most 3,000 ms",
        )
    ]


@contextlib.contextmanager
def driven(browser: Browser) -> Iterator[tuple[Visit, DrivenFeed]]:
    """A visitor whose live topics come from us from now on."""
    with serving(*LEGS) as server, Relay(server.port) as relay:
        feed = DrivenFeed(relay, BARS, PAIR)
        visit = Visit(browser)
        visit.page.goto(relay.url + VIEW)
        visit.first_data_since(0)
        visit.page.locator(".js-plotly-plot").first.wait_for()
        while not feed.known:
            visit.page.wait_for_timeout(20)
        feed.take_over()
        yield visit, feed
        visit.close()


def send_at(feed: DrivenFeed, hz: float, count: int, **options: bool) -> str:
    """Send updates evenly, and return the key of the last."""
    begun, key = time.perf_counter(), ""
    for number in range(count):
        time.sleep(max(0.0, begun + number / hz - time.perf_counter()))
        key = feed.update(**options)
    return key


def wait_shown(visit: Visit, key: str) -> None:
    visit.page.wait_for_function("key => window.notes.texts[key]", arg=key, polling=20)


def send_all(visit: Visit, feed: DrivenFeed, count: int, **options: bool) -> None:
    """Send many updates as fast as the page shows them, and at most at `GROWTH_HZ`."""
    for _ in range(0, count, GROWTH_HZ):
        wait_shown(visit, send_at(feed, GROWTH_HZ, GROWTH_HZ, **options))


def late(visit: Visit, feed: DrivenFeed, which: str) -> tuple[float, float, int]:
    """Return how long after they were sent messages were shown: median and 95th percentile in ms, and how many."""
    shown = visit.note(which)
    took = [shown[key] - at for key, at in feed.sent.items() if key in shown]
    return float(np.median(took)), float(np.percentile(took, 95)), len(took)


def rate(browser: Browser) -> list[Row]:
    with driven(browser) as (visit, feed):
        wait_shown(visit, send_at(feed, HZ, 5 * HZ))  # all is compiled
        visit.page.evaluate("Object.assign(window.notes, { longest: 0, tasks: 0, texts: {}, draws: {} })")
        feed.sent.clear()
        frames, begun = visit.note("frames"), visit.now()
        wait_shown(visit, send_at(feed, HZ, MINUTE_S * HZ))
        frames_a_second = (visit.note("frames") - frames) / (visit.now() - begun) * 1000
        text, canvas = late(visit, feed, "texts"), late(visit, feed, "draws")
        # Another minute as it is when nobody counts frames.
        visit.page.evaluate("window.notes.counting = false")
        before = visit.metrics()
        wait_shown(visit, send_at(feed, HZ, MINUTE_S * HZ))
        after = visit.metrics()
        busy = (after["TaskDuration"] - before["TaskDuration"]) / (after["Timestamp"] - before["Timestamp"])
        longest = visit.note("longest")
    # A number may skip a message that the next one overtook within a frame; it must not skip many.
    assert text[2] > 0.9 * 3 * HZ * MINUTE_S, text
    assert canvas[2] > 0.9 * 3 * HZ * MINUTE_S, canvas
    task = f"{longest:.0f} ms" if longest > 0 else "under 50 ms"
    return [
        Row(
            "dashboard-lag",
            f"From the wire to the number's text, to the chart's canvas, {HZ} updates of three topics a second: "
            "median, 95th percentile",
            f"**{text[0]:.0f}, {text[1]:.0f} ms**; **{canvas[0]:.0f}, {canvas[1]:.0f} ms**",
            "wanted: 95th percentile at most 100 ms",
        ),
        Row(
            "dashboard-rate",
            f"{MINUTE_S} s of it: frames a second; share of the main thread; longest task",
            f"**{frames_a_second:.0f}**; **{busy:.0%}**; **{task}**",
            "wanted: at least 50; at most 30 %; at most 200 ms; one run",
        ),
    ]


def growth(browser: Browser) -> list[Row]:
    with driven(browser) as (visit, feed):
        send_all(visit, feed, GROWTH_HZ)
        heap, elements, nodes = visit.heap(), visit.elements(), visit.metrics()["Nodes"]
        send_all(visit, feed, GROWTH_UPDATES)
        grown, elements_after = visit.heap() - heap, visit.elements()
        nodes_after = visit.metrics()["Nodes"]
        # A bar with every update until the page holds as many as it ever does.
        send_all(visit, feed, ROW_LIMIT, bar_closes=True)
        samples = []
        for _ in range(SLOPE_SAMPLES):
            visit.page.evaluate("Object.assign(window.notes, { texts: {}, draws: {}, states: [] })")
            send_all(visit, feed, GROWTH_UPDATES // SLOPE_SAMPLES)
            samples.append(visit.heap())
    steps = np.arange(SLOPE_SAMPLES) * GROWTH_UPDATES / SLOPE_SAMPLES
    slope, error = line(steps, np.array(samples, dtype=np.float64))
    day = WORKING_DAY_S * HZ
    print(
        f"heap {heap / MB:.2f} MB, nodes {nodes:.0f} to {nodes_after:.0f}, samples {samples}", file=sys.stderr
    )
    return [
        Row(
            "dashboard-heap",
            f"{GROWTH_UPDATES:,} updates: heap after garbage collection grows by; elements of the page",
            f"**{grown / MB:+.1f} MB**; {elements:,} to {elements_after:,} "
            f"(**{elements_after / elements - 1:+.1%}**)",
            "wanted: at most 10 MB; within 5 %; bars that are kept are part of it; one run",
        ),
        Row(
            "dashboard-day",
            f"Eight hours at {HZ} updates a second, from the slope of as many updates with all rows held",
            f"**{slope * day / MB:+.0f} MB** of heap (± {2 * error * day / MB:.0f})",
            "wanted: at most 100 MB; one run",
        ),
    ]


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the slope of y on x and its standard error."""
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    rest = y - y.mean() - slope * centred
    return slope, float(np.sqrt(rest @ rest / (len(x) - 2) / (centred @ centred)))


def alerts(browser: Browser) -> list[Row]:
    with serving(*LEGS, *OTHERS) as server:
        visit = Visit(browser)
        visit.page.goto(server.url + VIEW)
        visit.first_data_since(0)
        for symbol in (*LEGS, *OTHERS):
            when = {"metric": "return", "symbol": symbol, "interval": "1s", "op": ">", "value": 0}
            server.ask("/alerts", {"name": f"{symbol} rises", "when": {"all": [when]}, "severity": "info"})
        since = visit.now()
        visit.page.wait_for_function(
            "count => Object.keys(window.notes.toasts).length >= count", arg=ALERTS, timeout=3 * PATIENCE_MS
        )
        toasts = visit.note("toasts")
        told = server.ask("/alerts/history?limit=1000")["items"]
        visit.close()
    took = [
        toasts[event["id"]] - event["time"]
        for event in told
        if event["id"] in toasts and event["time"] > since
    ]
    assert len(took) > ALERTS / 2, len(took)
    return [
        Row(
            "dashboard-alert",
            f"From the close of the bar that crosses a rule's threshold to the toast, {len(took)} events: "
            "median, 95th percentile",
            f"**{np.median(took):.0f} ms**, {np.percentile(took, 95):.0f} ms",
            "wanted: at most 500 ms; 300 ms of it are for trades under way",
        )
    ]


def falls(browser: Browser) -> list[Row]:
    offline, again, stale = [], [], []
    with serving(*LEGS) as server:
        visit = Visit(browser)
        visit.page.goto(server.url + VIEW)
        visit.state_since(LIVE, 0)
        visit.first_data_since(0)
        for _ in range(FALLS):
            at = visit.now()
            server.freeze()
            stale.append(visit.state_since("stale", at) - at)
            server.thaw()
            visit.state_since(LIVE, at + stale[-1])
            # Seconds that were missed are fetched before there are numbers again.
            visit.page.locator(VALUES).wait_for()

            at = visit.now()
            server.kill()
            offline.append(visit.state_since("offline", at) - at)
            assert visit.page.locator(VALUES).is_visible()
            visit.page.wait_for_timeout(DOWN_S * 1000)
            at = visit.now()
            server.start()
            again.append(visit.state_since(LIVE, at) - at)
        visit.close()
    return [
        Row(
            "dashboard-falls",
            "Server killed: “Offline” after; started: “Live” after; frozen: “Stale” after",
            f"**{statistics.median(offline):.0f} ms**; **{statistics.median(again):.0f} ms**; "
            f"**{statistics.median(stale):.0f} ms**",
            f"slowest of {FALLS} {max(offline):.0f}; {max(again):.0f}; {max(stale):.0f} ms; "
            "wanted: at most 3,000; 6,000; 3,000 ms",
        )
    ]


def libraries(browser: Browser) -> list[Row]:
    took = medians(sides(browser))
    ours, theirs, fewer = (took[name] for name in ("lightweight-charts", "plotly", "plotly, bars in view"))
    return [
        Row(
            "dashboard-libraries",
            "An update of four live panes of 1,500 bars with lightweight-charts, main thread until drawn",
            f"**{ours:.1f} ms**",
            f"Plotly {theirs:.0f} ms ({theirs / ours:.0f}×); with the 150 bars in view alone {fewer:.0f} ms",
        )
    ]


PARTS: dict[str, Callable[[Browser], list[Row]]] = {
    part.__name__: part for part in (size, load, start, rate, growth, alerts, falls, libraries)
}


def main() -> None:
    if not (DIST / "index.html").is_file():
        sys.exit("the dashboard is not built: run `npm run build` in frontend/")
    wanted = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name in wanted:
            publish(*PARTS[name](browser))
        browser.close()


if __name__ == "__main__":
    main()

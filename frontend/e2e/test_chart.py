"""What the live panes draw: the last candle, markers, gaps, and times on the axis, at the crosshair, in tables."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from relay import Relay, answer
from waiting import eventually

from shown import assert_reads_as

A_NUMBER = "[data-field=beta]:not([data-value=null])"
PAIR = {"symbol_a": "BTCUSDT", "symbol_b": "ETHUSDT", "window": 60, "method": "ols", "scale": "level"}
MISSED_MS = 10_000
MINUTE_MS = 60_000
BERLIN = ZoneInfo("Europe/Berlin")

# Keeps every text that is drawn on a canvas, and where on the page.
DRAWN = """
(() => {
  window.drawn = [];
  let frame = 0;
  const count = () => { frame += 1; requestAnimationFrame(count); };
  count();
  const own = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    own.call(this, text, x, y);
    const { left, top } = this.canvas.getBoundingClientRect();
    const at = this.getTransform().transformPoint({ x, y });
    const scale = this.canvas.width / this.canvas.clientWidth;
    const half = this.textAlign === "center" ? 0 : this.measureText(text).width / 2;
    window.drawn.push({ frame, text, x: left + at.x / scale + half, y: top + at.y / scale });
  };
})()
"""


def chart_of(page: Page) -> Any:
    return page.get_by_role("group", name=re.compile("^Price, spread"))


def texts_after(page: Page, act: Callable[[], None]) -> list[dict[str, Any]]:
    """Return the texts that are drawn because of an act."""
    page.evaluate("window.drawn = []")
    act()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return list(page.evaluate("window.drawn"))


def drawn_anew(page: Page) -> list[dict[str, Any]]:
    """Return all texts of the chart, which a window of another size draws anew, as they are in the end."""
    assert page.viewport_size is not None
    other = {"width": 2560 - page.viewport_size["width"] + 20, "height": page.viewport_size["height"]}
    texts = texts_after(page, lambda: page.set_viewport_size(other))
    whole = max(each["frame"] for each in texts if re.fullmatch(r"\d\d:\d\d", each["text"]))
    return [each for each in texts if each["frame"] == whole]


def time_under(page: Page) -> int:
    """Return the time that the legends read where the crosshair is."""
    legend = page.locator("[data-legend=zscore]")
    expect(legend).to_have_attribute("data-time", re.compile(r"^\d+$"))
    return int(legend.get_attribute("data-time") or "0")


@pytest.fixture
def still(own_server: Any, visit: Any) -> Any:
    """A market that has stopped, so that what is drawn stays, on a page that sees it."""
    own_server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    own_server.wait_answer("/analytics/pair?" + urlencode(PAIR | {"interval": "1m"}))
    own_server.wait_market(3_000)
    own_server.post("/stream/stop", {})
    seen = visit()
    seen.page.add_init_script(DRAWN)
    seen.page.goto(f"{own_server.url}/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=1,0.25,2.5&s=level")
    expect(seen.page.locator(A_NUMBER)).to_be_visible()
    expect(chart_of(seen.page).locator("canvas").first).to_be_visible()
    return seen


def trades_of(series: dict[str, list[Any]], entry: float, leave: float, stop: float) -> dict[int, str]:
    """Return what a trader of the thresholds does at which bar: S sells the spread, L buys it, X closes."""
    done: dict[int, str] = {}
    position, barred = 0, False
    for time, z in zip(series["time"], series["zscore"], strict=True):
        if z is None:
            continue
        if position and (position * z <= leave or position * z >= stop):
            position, done[time] = 0, "X"
        barred = abs(z) >= stop or (barred and abs(z) > entry)
        if position == 0 and not barred and abs(z) > entry:
            position = 1 if z > 0 else -1
            done[time] = done.get(time, "") + ("S" if z > 0 else "L")
    return done


def test_markers_stand_where_an_independent_reading_of_z_puts_them(own_server: Any, still: Any) -> None:
    page = still.page
    wanted = trades_of(
        own_server.get("/analytics/pair?" + urlencode(PAIR | {"interval": "1m"}))["series"], 1, 0.25, 2.5
    )
    texts = drawn_anew(page)
    box = chart_of(page).bounding_box()
    assert box is not None
    letters = [
        each
        for each in texts
        if each["text"] in ("S", "L", "X") and box["x"] + 80 < each["x"] < box["x"] + box["width"] - 80
    ]
    assert len(letters) >= 4
    shown = []
    for letter in letters:
        page.mouse.move(letter["x"], box["y"] + box["height"] / 2)
        shown.append((time_under(page), letter["text"]))
    shown.sort()
    first, last = shown[0][0], shown[-1][0]
    expected = sorted(
        (time, letter) for time, done in wanted.items() for letter in done if first <= time <= last
    )
    assert shown == expected


def test_the_last_candle_is_the_apis_last_bar(own_server: Any, still: Any) -> None:
    page = still.page
    page.mouse.move(5, 5)  # without a crosshair the legend reads the newest
    (bar,) = own_server.get("/data/BTCUSDT?interval=1m&limit=1")["items"]

    def legend_reads_as_the_bar() -> bool:
        text = page.locator("[data-legend=price] [data-series=a]").inner_text()
        shown = re.fullmatch(r"O (\S+) H (\S+) L (\S+) C (\S+)", text)
        assert shown is not None, text
        for value, name in zip(shown.groups(), ("open", "high", "low", "close"), strict=True):
            assert_reads_as(value, bar[name])
        return True

    eventually(legend_reads_as_the_bar, what="the legend reads the newest bar")
    last = page.locator("[data-field=last_a]").get_attribute("data-value")
    assert float(str(last)) == bar["close"]


@pytest.fixture
def exchange() -> Iterator[dict[str, Any]]:
    """A simulated exchange of the test's own, which outlives no test."""
    command = [sys.executable, "-m", "quant.simulator", "--seed", "7", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()


# How many pixels of the correlation pane have a colour between the card and the hatching.
HATCHED = """chart => {
  const probe = document.body.appendChild(document.createElement("i"));
  const rgb = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number);
  };
  const [card, line] = [rgb("--card"), rgb("--control")];
  probe.remove();
  const canvases = [...chart.querySelectorAll("canvas")].filter((one) => one.clientWidth > 400);
  const top = (one) => one.getBoundingClientRect().top;
  const panes = canvases.filter((one) => one.clientHeight > 40).sort((a, b) => top(b) - top(a));
  let count = 0;
  for (const pane of panes.filter((one) => top(one) === top(panes[0]))) {
    const { data } = pane.getContext("2d").getImageData(0, 0, pane.width, pane.height);
    for (let i = 0; i < data.length; i += 4) {
      const share = (data[i + 2] - card[2]) / (line[2] - card[2]);
      const near = (c) => Math.abs(data[i + c] - card[c] - share * (line[c] - card[c])) <= 4;
      if (share > 0.3 && share < 1.05 && near(0) && near(1)) count += 1;
    }
  }
  return count;
}"""


def expect_hatching(page: Page, *, there: bool) -> None:
    """Wait until the correlation pane is drawn with a hatched stretch, or without one."""
    chart = chart_of(page).element_handle()
    page.wait_for_function(
        f"([chart, there]) => {{ const n = ({HATCHED})(chart); return there ? n > 300 : n < 20; }}",
        arg=[chart, there],
    )


def test_missing_trades_are_a_visible_break_until_they_are_filled(
    make_server: Any, visit: Any, exchange: dict[str, Any]
) -> None:
    with Relay(urlsplit(exchange["rest"]).port or 0) as rest:
        server = make_server(
            {"SOURCE": "binance", "BINANCE_WS_URL": exchange["ws"], "BINANCE_REST_URL": rest.url}
        )
        server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
        server.wait_answer("/analytics/pair?" + urlencode(PAIR | {"interval": "1s"}))
        server.wait_market(MISSED_MS)
        page = visit().page
        page.goto(f"{server.url}/?a=BTCUSDT&b=ETHUSDT&tf=1s&m=ols&w=60&z=2,0.5")
        expect(page.locator(A_NUMBER)).to_be_visible()
        bar_of_status = page.get_by_role("contentinfo")
        expect(bar_of_status).to_contain_text("gaps 0")
        expect_hatching(page, there=False)

        # What is asked for to fill a hole stays unanswered.
        past = ("/fapi/v1/aggTrades", "/fapi/v1/klines")
        rest.rest = lambda path: answer("503 Service Unavailable", "") if path.startswith(past) else None
        server.post("/stream/stop", {"symbols": ["BTCUSDT"]})
        server.wait_market(MISSED_MS)
        server.post("/stream/start", {"symbols": ["BTCUSDT"]})
        expect(bar_of_status).to_contain_text("gaps 1")
        quality = page.get_by_test_id("numbers").get_by_text(re.compile(r"^\d+ gaps"))
        expect(quality).to_be_visible()
        # No number is made up across it.
        expect(page.locator("[data-field=beta]")).to_have_attribute("data-value", "null")
        holes = [
            bar["time"]
            for bar in server.get("/data/BTCUSDT?interval=1s&limit=600")["items"]
            if bar["quality"] == "gap" and bar["close"] is None
        ]
        assert len(holes) >= MISSED_MS // 1000 - 2
        expect_hatching(page, there=True)

        page.get_by_role("button", name="View data of Price").click()
        for time in holes[:3]:
            close = page.get_by_role("dialog").locator(f"tbody tr[data-time='{time}'] td").nth(3)
            expect(close).to_have_text("–")
        page.keyboard.press("Escape")

        rest.rest = lambda _: None
        expect(bar_of_status).to_contain_text("gaps 0", timeout=120_000)
        expect(page.locator(A_NUMBER)).to_be_visible()
        expect(quality).to_have_count(0)
        expect_hatching(page, there=False)
        filled = {bar["time"]: bar for bar in server.get("/data/BTCUSDT?interval=1s&limit=600")["items"]}
        assert all(filled[time]["close"] is not None for time in holes)


def stamp(ms: int, zone: Any) -> str:
    """Return what the crosshair's label on the time axis has to say."""
    return datetime.fromtimestamp(ms / 1000, zone).strftime("%d %b, %H:%M:%S").replace("Sep", "Sept")


def test_axis_crosshair_and_table_change_zones_together_across_a_change_of_clocks(
    browser: Browser, server: Any
) -> None:
    server.post("/stream/start", {"symbols": ["BTCUSDT", "ETHUSDT"]})
    server.wait_answer("/analytics/pair?" + urlencode(PAIR | {"interval": "1m"}))
    context = browser.new_context(viewport={"width": 1280, "height": 720}, timezone_id="Europe/Berlin")
    stored = json.dumps({"state": {"theme": "dark", "zone": "local"}, "version": 0})
    context.add_init_script(f"localStorage.setItem('quant.preferences', {stored!r})")
    page = context.new_page()
    page.add_init_script(DRAWN)
    # The market's past, moved so that the newest bar is half an hour after clocks went back, at 01:00 UTC.
    changed = round(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp() * 1000)
    now = server.get("/stream/status")["as_of"]
    ahead = changed + 30 * MINUTE_MS - now // MINUTE_MS * MINUTE_MS

    def moved(message: str | bytes) -> str:
        body = json.loads(message)
        kind = str(body.get("topic", "")).partition(":")[0]
        if kind == "bars" and "data" in body:
            for item in body["data"]["items"]:
                item["time"] += ahead
        if kind == "pair" and "data" in body:
            series = body["data"]["series"]
            series["time"] = [time + ahead for time in series["time"]]
        return json.dumps(body)

    def passed_on(route: Any) -> None:
        upstream = route.connect_to_server()
        upstream.on_message(lambda message: route.send(moved(message)))

    page.route_web_socket(re.compile("/ws$"), passed_on)
    page.goto(f"{server.url}/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5")
    expect(page.locator("[data-field=last_a]")).to_be_visible()
    expect(chart_of(page).locator("canvas").first).to_be_visible()
    box = chart_of(page).bounding_box()
    assert box is not None
    # An hour of bars, on both sides of the change.
    places = [(box["x"] + box["width"] * share, box["y"] + 60) for share in (0.3, 0.5, 0.7, 0.85)]

    def read() -> list[tuple[int, list[str]]]:
        spots = []
        for x, y in places:
            texts_after(page, lambda x=x, y=y: page.mouse.move(x, y))
            # A busy machine draws the crosshair some frames later; all that was drawn since is kept.
            page.wait_for_function("() => window.drawn.some(({ text }) => /^\\d\\d \\w+, /.test(text))")
            time = time_under(page)
            spots.append((time, [each["text"] for each in page.evaluate("window.drawn")]))
        return spots

    def rows() -> dict[int, str]:
        page.get_by_role("button", name="View data of Price").click()
        found = page.get_by_role("dialog").locator("tbody tr")
        expect(found.nth(100)).to_be_attached()
        texts = found.evaluate_all(
            "rows => rows.map((row) => [Number(row.dataset.time), row.cells[0].textContent])"
        )
        page.keyboard.press("Escape")
        assert len({text for _, text in texts}) == len(texts)
        return dict(texts)

    for zone, button in ((BERLIN, "switch to UTC"), (UTC, "switch to local time")):
        spots, table = read(), rows()
        assert min(time for time, _ in spots) < changed < max(time for time, _ in spots)
        for time, texts in spots:
            assert stamp(time, zone) in texts, (time, texts)
            clock = datetime.fromtimestamp(time / 1000, zone).strftime("%H:%M")
            assert clock in table[time]
        # Ticks of the axis are whole minutes of the same zone.
        ticks = {each["text"] for each in drawn_anew(page) if re.fullmatch(r"\d\d:\d\d", each["text"])}
        clocks = {datetime.fromtimestamp(time / 1000, zone).strftime("%H:%M") for time in table}
        assert ticks
        assert ticks <= clocks
        if zone is BERLIN:
            assert {text.rsplit(" ", 1)[-1] for text in table.values()} == {"CET", "CEST"}
        page.get_by_role("button", name=re.compile(button)).click()
    context.close()

"""The same bars and the same updates drawn by lightweight-charts and by Plotly, in the same browser."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from dashboard_page import Visit

MODULES = Path(__file__).resolve().parents[2] / "frontend" / "node_modules"
LIGHTWEIGHT = MODULES / "lightweight-charts" / "dist" / "lightweight-charts.standalone.production.js"
PLOTLY = MODULES / "plotly.js" / "dist" / "plotly-finance.min.js"
BARS, UPDATES, UPDATES_A_BAR = 1500, 100, 10

# Four panes as on the Monitor: candles with the other leg, spread with two bands, z, correlation.
COMMON = """
const rng = (() => { let s = 7; return () => (s = (s * 16807) % 2147483647) / 2147483647 - 0.5; })();
const bars = [];
let price = 60000;
const grow = () => {
  const open = price;
  price += 20 * rng();
  const time = 1796000000 + bars.length;
  bars.push({ time, open, high: Math.max(open, price) + 2, low: Math.min(open, price) - 2, close: price,
    b: 2400 + 3 * rng(), spread: 5 * rng(), upper: 6, lower: -6, z: 4 * rng(), correlation: 0.8 + rng() / 5 });
};
const step = (number) => {
  if (number % UPDATES_A_BAR === 0) return grow();
  const bar = bars.at(-1);
  price += 4 * rng();
  bar.close = price; bar.high = Math.max(bar.high, price); bar.low = Math.min(bar.low, price);
  bar.b += rng() / 10; bar.spread += rng(); bar.z += rng() / 5; bar.correlation += rng() / 50;
};
for (let index = 0; index < BARS; index += 1) grow();
const LINES = [["b", 0], ["spread", 1], ["upper", 1], ["lower", 1], ["z", 2], ["correlation", 3]];
const frame = () => new Promise((next) => requestAnimationFrame(next));
window.run = async (updates) => {
  for (let number = 1; number <= updates; number += 1) {
    step(number);
    await redraw();
    await frame();
    await frame();
  }
};
""".replace("UPDATES_A_BAR", str(UPDATES_A_BAR)).replace("BARS", str(BARS))

DRAW = {
    "lightweight-charts": """
const { createChart, CandlestickSeries, LineSeries } = LightweightCharts;
const chart = createChart(document.getElementById("chart"), { width: 880, height: 480 });
const candles = chart.addSeries(CandlestickSeries, {}, 0);
candles.setData(bars);
const lines = LINES.map(([key, pane]) => {
  const line = chart.addSeries(LineSeries, { lineWidth: 1, priceScaleId: key === "b" ? "left" : "right" }, pane);
  line.setData(bars.map((bar) => ({ time: bar.time, value: bar[key] })));
  return [key, line];
});
const redraw = async () => {
  const bar = bars.at(-1);
  candles.update(bar);
  for (const [key, line] of lines) line.update({ time: bar.time, value: bar[key] });
};
""",
    "plotly": """
const shown = SHOWN;
const figure = () => {
  const rows = bars.slice(-shown);
  const x = rows.map((bar) => new Date(bar.time * 1000).toISOString());
  const column = (key) => rows.map((bar) => bar[key]);
  const axis = (pane) => (pane === 0 ? "y" : `y${pane + 1}`);
  const candles = { type: "candlestick", x, open: column("open"), high: column("high"), low: column("low"),
    close: column("close"), yaxis: "y" };
  const lines = LINES.map(([key, pane]) => ({ type: "scatter", mode: "lines", line: { width: 1 }, x, y: column(key),
    yaxis: key === "b" ? "y5" : axis(pane) }));
  return [candles, ...lines];
};
const layout = { width: 880, height: 480, showlegend: false, margin: { l: 40, r: 40, t: 10, b: 30 },
  xaxis: { rangeslider: { visible: false } }, yaxis: { domain: [0.6, 1] }, yaxis2: { domain: [0.4, 0.58] },
  yaxis3: { domain: [0.18, 0.38] }, yaxis4: { domain: [0, 0.16] }, yaxis5: { overlaying: "y", side: "right" } };
const element = document.getElementById("chart");
Plotly.newPlot(element, figure(), layout, { displayModeBar: false });
const redraw = () => Plotly.react(element, figure(), layout, { displayModeBar: false });
""",
}


def _per_update(browser: Browser, library: Path, draw: str) -> float:
    """Return the main thread's milliseconds for one update, both legs and all panes, to the frame that shows it."""
    visit = Visit(browser, notes=False)
    page = visit.page
    page.set_content("<div id=chart></div>")
    page.add_script_tag(path=library)
    page.evaluate(f"() => {{ {COMMON} {draw} window.redraw = redraw; }}")
    page.evaluate("window.run(10)")
    before: dict[str, Any] = visit.metrics()
    page.evaluate("updates => window.run(updates)", UPDATES)
    after = visit.metrics()
    visit.close()
    return (after["TaskDuration"] - before["TaskDuration"]) * 1000 / UPDATES


def sides(browser: Browser) -> dict[str, Any]:
    """Return what measures each library once; Plotly also with no more bars than are in view in a live pane."""
    in_view = 150
    return {
        "lightweight-charts": lambda: _per_update(browser, LIGHTWEIGHT, DRAW["lightweight-charts"]),
        "plotly": lambda: _per_update(browser, PLOTLY, DRAW["plotly"].replace("SHOWN", str(BARS))),
        "plotly, bars in view": lambda: _per_update(
            browser, PLOTLY, DRAW["plotly"].replace("SHOWN", str(in_view))
        ),
    }

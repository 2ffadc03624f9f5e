import bar from "plotly.js/lib/bar";
import candlestick from "plotly.js/lib/candlestick";
import Plotly, { type Plotted } from "plotly.js/lib/core";
import type { TimeZone } from "@/lib/format";
import type { Figure } from "./figure";
import { axisTime, fromAxisTime, timeTicks } from "./time-axis";

Plotly.register([candlestick, bar]);

const QUIET = { displayModeBar: false, responsive: false, scrollZoom: false };
const FULL = {
  displaylogo: false,
  responsive: false,
  scrollZoom: true,
  modeBarButtonsToRemove: ["lasso2d", "select2d"],
};
const PIXELS_A_TICK = 90;

/** The zone in which each drawn figure's time axis is read now. */
const zones = new WeakMap<Plotted, TimeZone | undefined>();

function extent(figure: Figure): [number, number] | null {
  let range: [number, number] | null = null;
  for (const { x } of figure.data) {
    if (!Array.isArray(x)) continue;
    // Ascending, as all series are.
    const [first, last] = [fromAxisTime(x[0]), fromAxisTime(x.at(-1))];
    if (!Number.isFinite(first) || !Number.isFinite(last)) continue;
    range = range ? [Math.min(range[0], first), Math.max(range[1], last)] : [first, last];
  }
  return range;
}

type PlotlyTicks = { tickvals: string[]; ticktext: string[] };

function ticks(element: Plotted, figure: Figure | null, zone: TimeZone): PlotlyTicks | null {
  const axis = element.layout?.xaxis;
  const zoomed = axis?.range && (figure === null || axis.autorange === false);
  const range = zoomed ? axis.range?.map(fromAxisTime) : figure && extent(figure);
  const [from = Number.NaN, to = Number.NaN] = range ?? [];
  if (!Number.isFinite(from) || !Number.isFinite(to)) return null;
  const most = Math.max(2, Math.floor(element.clientWidth / PIXELS_A_TICK));
  const { tickvals, ticktext } = timeTicks(from, to, zone, most);
  return { tickvals: tickvals.map(axisTime), ticktext };
}

/** Writes local times on the axis; UTC is what Plotly writes itself. */
function localised(element: Plotted, figure: Figure): Figure["layout"] {
  const found = figure.zone === "local" ? ticks(element, figure, figure.zone) : null;
  if (!found) return figure.layout;
  const xaxis = figure.layout.xaxis as Record<string, unknown>;
  return { ...figure.layout, xaxis: { ...xaxis, tickmode: "array", ...found } };
}

function followZoom(element: Plotted): void {
  element.on?.("plotly_relayout", (change) => {
    const zone = zones.get(element);
    if (zone !== "local" || !Object.keys(change).some((key) => /^xaxis\.(range|autorange)/.test(key))) return;
    const found = ticks(element, null, zone);
    if (found)
      void Plotly.relayout(element, { "xaxis.tickvals": found.tickvals, "xaxis.ticktext": found.ticktext });
  });
}

/** Draws or updates a figure in place; `full` adds Plotly's tool bar. */
export async function draw(element: Plotted, figure: Figure, full: boolean): Promise<void> {
  const first = !zones.has(element);
  zones.set(element, figure.zone);
  await Plotly.react(element, figure.data, localised(element, figure), full ? FULL : QUIET);
  if (first) followZoom(element);
}

export function resize(element: HTMLElement): Promise<unknown> {
  return Plotly.Plots.resize(element);
}

export function dispose(element: HTMLElement): void {
  zones.delete(element);
  Plotly.purge(element);
}

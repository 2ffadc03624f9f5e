import candlestick from "plotly.js/lib/candlestick";
import Plotly from "plotly.js/lib/core";
import type { Figure } from "./figure";

Plotly.register([candlestick]);

const QUIET = { displayModeBar: false, responsive: false, scrollZoom: false };
const FULL = {
  displaylogo: false,
  responsive: false,
  scrollZoom: true,
  modeBarButtonsToRemove: ["lasso2d", "select2d"],
};

/** Draws or updates a figure in place; `full` adds Plotly's tool bar. */
export function draw(element: HTMLElement, figure: Figure, full: boolean): Promise<unknown> {
  return Plotly.react(element, figure.data, figure.layout, full ? FULL : QUIET);
}

export function resize(element: HTMLElement): Promise<unknown> {
  return Plotly.Plots.resize(element);
}

export function dispose(element: HTMLElement): void {
  Plotly.purge(element);
}

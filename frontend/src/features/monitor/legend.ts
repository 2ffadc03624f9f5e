import { type ChartSeries, candleAt, lastTime, type Pane, valueAt } from "@/charts/series";

/** The text of one series in a pane's legend, at a time or, without one, at its newest row; `short` leaves out all but the close. */
export function legendText(series: ChartSeries, time: number | null, short: boolean): string {
  const at = time ?? lastTime(series);
  if (at === null) return series.format(null);
  if (series.kind === "line") return series.format(valueAt(series, at));
  const candle = candleAt(series, at);
  if (!candle) return series.format(null);
  const { open, high, low, close } = candle;
  if (short) return series.format(close);
  return `O ${series.format(open)} H ${series.format(high)} L ${series.format(low)} C ${series.format(close)}`;
}

/** Writes a pane's values into its legend; outside React, since it follows the mouse and the stream. */
export function writeLegend(element: HTMLElement, pane: Pane, time: number | null, short: boolean): void {
  element.dataset.time = time === null ? "" : String(time);
  for (const series of pane.series) {
    const target = element.querySelector<HTMLElement>(`[data-series="${series.key}"]`);
    const text = legendText(series, time, short);
    if (target && target.textContent !== text) target.textContent = text;
  }
}

import type { PairAnalytics } from "@/api/types";
import type { ChartTable } from "@/charts/table";
import { count, significant } from "@/lib/format";
import { figurePanel } from "./figure-panel";
import { fittedBars, fittedRows, regressionFigure } from "./regression-figure";

export function regressionTable(pair: PairAnalytics): ChartTable {
  const rows = fittedRows(pair);
  const { alpha, beta, symbol_a, symbol_b } = pair;
  const at = new Map(rows.map((row) => [row.time, row]));
  const unit = pair.scale === "log" ? "log_" : "";
  const fitted = (time: number) => {
    const row = at.get(time);
    return row && alpha !== null && beta !== null ? alpha + beta * row.x : null;
  };
  const residual = (time: number) => {
    const row = at.get(time);
    const value = fitted(time);
    return row && value !== null ? row.y - value : null;
  };
  const column = (name: string, label: string, value: (time: number) => number | null) => ({
    name,
    label,
    value,
    text: (time: number) => significant(value(time), 7),
  });
  return {
    title: "Regression in the window",
    times: rows.map(({ time }) => time),
    columns: [
      column(`${unit}${symbol_b}`, symbol_b, (time) => at.get(time)?.x ?? null),
      column(`${unit}${symbol_a}`, symbol_a, (time) => at.get(time)?.y ?? null),
      column("fitted", "fitted", fitted),
      column("residual", "residual", residual),
    ],
  };
}

/** What is drawn, where that is not all of the window; null where it is. */
export function regressionCaption(pair: PairAnalytics): string | null {
  const { held, all } = fittedBars(pair);
  if (held >= all) return null;
  return `The newest ${count(held)} of the window’s ${count(all)} bars; the line is fitted to all.`;
}

/** The prices of the window, one leg against the other, and the fitted line. */
export const RegressionScatter = figurePanel({
  name: "Regression in the window",
  file: "regression",
  label: (view) => `Regression of ${view.a} on ${view.b} in the window`,
  figure: (pair, _truth, look) => regressionFigure(pair, look),
  table: regressionTable,
  caption: regressionCaption,
  missing: (pair) =>
    fittedRows(pair).length > 0 ? null : (pair.reason ?? "No bar of the window is known yet."),
});

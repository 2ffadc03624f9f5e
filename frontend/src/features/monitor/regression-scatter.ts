import type { PairAnalytics } from "@/api/types";
import type { ChartTable } from "@/charts/table";
import { significant } from "@/lib/format";
import { figurePanel } from "./figure-panel";
import { fittedRows, regressionFigure } from "./regression-figure";

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

/** The prices of the window, one leg against the other, and the fitted line. */
export const RegressionScatter = figurePanel({
  name: "Regression in the window",
  file: "regression",
  label: (view) => `Regression of ${view.a} on ${view.b} in the window`,
  figure: (pair, _truth, look) => regressionFigure(pair, look),
  table: regressionTable,
  missing: (pair) =>
    fittedRows(pair).length > 0 ? null : (pair.reason ?? "No bar of the window is known yet."),
});

import type { PairAnalytics } from "@/api/types";
import type { ChartTable } from "@/charts/table";
import { significant } from "@/lib/format";
import { figurePanel } from "./figure-panel";
import { hedgeFigure } from "./hedge-figure";

const text = (value: number | null) => significant(value, 6);

export function hedgeTable({ series }: PairAnalytics): ChartTable {
  const { time, alpha, beta } = series;
  const rows = new Map(time.map((at, index) => [at, index]));
  const column = (name: string, label: string, values: readonly (number | null)[]) => {
    const value = (at: number) => values[rows.get(at) ?? -1] ?? null;
    return { name, label, value, text: (at: number) => text(value(at)) };
  };
  return {
    title: "Hedge ratio over time",
    times: time,
    columns: [column("beta", "β", beta), column("alpha", "α", alpha)],
  };
}

/** The hedge ratio over time. */
export const HedgeHistory = figurePanel({
  name: "Hedge ratio over time",
  file: "hedge-ratio",
  label: (view) => `Hedge ratio of ${view.a} on ${view.b} over time`,
  figure: hedgeFigure,
  table: hedgeTable,
  missing: (pair) => (pair.beta === null ? (pair.reason ?? "There is no hedge ratio yet.") : null),
});

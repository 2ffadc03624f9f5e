import type { PairAnalytics } from "@/api/types";
import { type ChartTable, numberColumn } from "@/charts/table";
import { count, fixed, percent, signed } from "@/lib/format";
import { plural } from "@/lib/words";
import { type Aftermath, aftermathOf, SHARES } from "./aftermath";
import { aftermathFigure } from "./aftermath-figure";
import { figurePanel } from "./figure-panel";
import type { PairView } from "./view-state";

/** Fewer entries than this say nothing about the next one. */
const FEW = 10;
const TOLD_AFTER_BARS = 15;

/** The count, and what had become of half of the entries after a quarter of an hour's bars. */
export function aftermathWords({ entries, bars, horizons }: Aftermath, entry: number): string {
  const told = horizons.find((horizon) => horizon.bars === TOLD_AFTER_BARS);
  const head = `${plural(entries, "entry", "entries")} beyond ±${entry} in ${count(bars)} bars.`;
  if (!told || told.n === 0) return head;
  const [, , z] = told.z;
  const [, , pnl] = told.pnl;
  const few = entries < FEW ? " Too few to lean on." : "";
  const middle = `z ${signed(z ?? null, 1)}, ${signed(pnl ?? null, 1)} bps before costs`;
  return `${head} Median after ${TOLD_AFTER_BARS}: ${middle}; ${percent(told.gained)} gained.${few}`;
}

export function aftermathTable(pair: PairAnalytics, view: PairView): ChartTable {
  const { horizons } = aftermathOf(pair, view);
  const times = horizons.map(({ bars }) => bars);
  const two = (value: number | null) => fixed(value, 2);
  const ofShares = (name: "z" | "pnl", label: string) =>
    SHARES.map((share, index) =>
      numberColumn(
        times,
        `${name}_${Math.round(100 * share)}`,
        `${label} ${percent(share)}`,
        horizons.map((horizon) => horizon[name][index] ?? null),
        two,
      ),
    );
  return {
    title: "What happened next",
    times,
    index: { name: "bars_after", label: "Bars after", text: String },
    columns: [
      numberColumn(
        times,
        "entries",
        "entries",
        horizons.map(({ n }) => n),
        (value) => fixed(value, 0),
      ),
      ...ofShares("z", "z"),
      ...ofShares("pnl", "bps"),
      numberColumn(
        times,
        "gained",
        "gained",
        horizons.map(({ gained }) => gained),
        (value) => (value === null ? "–" : percent(value)),
      ),
    ],
  };
}

function noEntries(pair: PairAnalytics, view: PairView): string | null {
  if (pair.zscore === null && pair.series.zscore.every((value) => value === null))
    return pair.zscore_reason ?? pair.reason ?? "There is no z-score yet.";
  const { entries, bars } = aftermathOf(pair, view);
  return entries > 0
    ? null
    : `z was never beyond ±${view.entry} in ${count(bars)} bars: nothing to look back on.`;
}

/** After the entries on this pair: how z went on, and what the positions had made. */
export const WhatNext = figurePanel({
  name: "What happened next",
  file: "what-next",
  label: (view) => `z and P&L after entries beyond ±${view.entry} on ${view.a} and ${view.b}`,
  figure: (pair, _truth, look, _zone, view) => aftermathFigure(aftermathOf(pair, view), look),
  table: (pair, _truth, view) => aftermathTable(pair, view),
  caption: (pair, view) => aftermathWords(aftermathOf(pair, view), view.entry),
  missing: noEntries,
});

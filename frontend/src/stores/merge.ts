import type { Bar, BarList, PairAnalytics, PairSeries, TickList } from "@/api/types";
import { lowerBound } from "@/lib/sorted";

/** A merged value and the earliest time in it that is not as before; null = all of it is new. */
export type Merged<Data> = { data: Data; changedFrom: number | null };

/** Rows kept per topic: older ones leave, so that a page that stays open for days does not grow. */
export const ROW_LIMIT = 3000;

function mergeRows<Row>(held: readonly Row[], incoming: readonly Row[], key: (row: Row) => number): Row[] {
  const first = incoming[0];
  if (first === undefined) return [...held];
  const from = key(first);
  const replaced = new Set(incoming.map(key));
  const cut = lowerBound(held.map(key), from);
  const kept = held.slice(cut).filter((row) => !replaced.has(key(row)));
  const tail = [...kept, ...incoming];
  // Nearly always the tail is the incoming rows alone, already in order.
  if (kept.length > 0) tail.sort((a, b) => key(a) - key(b));
  return [...held.slice(0, cut), ...tail].slice(-ROW_LIMIT);
}

const barTime = (bar: Bar) => bar.time;

/** Bars of the same time replace the held ones (a forming or revised bar), newer ones are appended. */
export function mergeBars(held: BarList, update: BarList): Merged<BarList> {
  const items = mergeRows(held.items, update.items, barTime);
  const changedFrom = update.items[0]?.time ?? Number.POSITIVE_INFINITY;
  return { data: { ...update, items, next: held.next }, changedFrom };
}

export function mergeTicks(held: TickList, update: TickList): Merged<TickList> {
  const items = mergeRows(held.items, update.items, (tick) => tick.id);
  const changedFrom = update.items[0]?.time ?? Number.POSITIVE_INFINITY;
  return { data: { ...update, items, next: held.next }, changedFrom };
}

type Seconds = { items: { time: number }[] };

/** Quotes or mark prices, one a second: an update has the seconds that are new and always the latest. */
export function mergeSeconds<List extends Seconds>(held: List, update: List): Merged<List> {
  const items = mergeRows(held.items, update.items, (row) => row.time);
  return { data: { ...update, items }, changedFrom: update.items[0]?.time ?? Number.POSITIVE_INFINITY };
}

const COLUMNS = [
  "price_a",
  "price_b",
  "alpha",
  "beta",
  "sd",
  "spread",
  "zscore",
  "correlation",
] as const satisfies readonly (keyof PairSeries)[];

/** Joins two series by time; of a time that both have, the update's row counts. */
export function mergeSeries(held: PairSeries, update: PairSeries): PairSeries {
  const from = update.time[0];
  if (from === undefined) return held;
  const heldRows = held.time.map((time, index) => ({ time, index, series: held }));
  const newRows = update.time.map((time, index) => ({ time, index, series: update }));
  const rows = mergeRows<{ time: number; index: number; series: PairSeries }>(
    heldRows,
    newRows,
    (row) => row.time,
  );
  const column = (name: (typeof COLUMNS)[number]) => rows.map((row) => row.series[name][row.index] ?? null);
  return {
    time: rows.map((row) => row.time),
    price_a: column("price_a"),
    price_b: column("price_b"),
    alpha: column("alpha"),
    beta: column("beta"),
    sd: column("sd"),
    spread: column("spread"),
    zscore: column("zscore"),
    correlation: column("correlation"),
  };
}

/** The update's numbers replace the held ones, its series rows are joined to the held ones. */
export function mergePair(held: PairAnalytics, update: PairAnalytics): Merged<PairAnalytics> {
  return {
    data: { ...update, series: mergeSeries(held.series, update.series) },
    changedFrom: update.series.time[0] ?? Number.POSITIVE_INFINITY,
  };
}

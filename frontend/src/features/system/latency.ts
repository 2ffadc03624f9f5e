import type { Delays, FeedLatency } from "@/api/types";
import { axis, baseLayout, type Figure, type FigureLook } from "@/charts/plotly/figure";
import { type ChartTable, numberColumn } from "@/charts/table";
import { ABSENT, count, fixed, percent } from "@/lib/format";

export type Bucket = {
  /** Later than that, in milliseconds; null for the first. */
  over: number | null;
  /** And at most so late; null for the last. */
  upTo: number | null;
  trades: number;
  /** Of all trades, 0 to 1; null where there are none. */
  share: number | null;
};

export function bucketsOf(bounds: readonly number[], { counts, trades }: Delays): Bucket[] {
  return counts.map((held, at) => ({
    over: bounds[at - 1] ?? null,
    upTo: bounds[at] ?? null,
    trades: held,
    share: trades > 0 ? held / trades : null,
  }));
}

/** A bound as an axis has room for it. */
function shortMs(ms: number): string {
  return ms < 1000 ? String(ms) : `${ms / 1000} s`;
}

/** What stands under a bar: its upper end, or that it has none. */
export function tickOf({ over, upTo }: Bucket): string {
  return upTo === null ? `>${shortMs(over ?? 0)}` : shortMs(upTo);
}

export function bucketName({ over, upTo }: Bucket): string {
  if (upTo === null) return `over ${count(over ?? 0)} ms`;
  return over === null ? `up to ${count(upTo)} ms` : `${count(over)} to ${count(upTo)} ms`;
}

/** A share as it stands above its bar: whole percents, and never 0 of what is there. */
export function shareText({ trades, share }: Bucket): string {
  if (trades === 0 || share === null) return "";
  return share < 0.005 ? "<1" : fixed(100 * share, 0);
}

export function msText(ms: number | null): string {
  return ms === null ? ABSENT : `${fixed(ms, 1)} ms`;
}

export function spanText({ over_s, most }: FeedLatency): string {
  return `last ${fixed(over_s / 60, 0)} min, at most ${count(most)} a symbol`;
}

/** The trades that were asked for: of one symbol, or of all where it has none. */
export function delaysOf(latency: FeedLatency, symbol: string | null): Delays {
  return latency.symbols.find((each) => each.symbol === symbol) ?? latency.total;
}

export function latencySays({ trades, p50_ms, p95_ms, p99_ms, max_ms }: Delays): string {
  return (
    `Of ${count(trades)} trades half came within ${msText(p50_ms)}, 95 % within ${msText(p95_ms)}, ` +
    `99 % within ${msText(p99_ms)}, the latest after ${msText(max_ms)}`
  );
}

/** Rows by their upper ends; the last has none, which a file leaves empty. */
export function latencyTable(buckets: readonly Bucket[]): ChartTable {
  const ends = buckets.map(({ upTo }) => upTo ?? Number.POSITIVE_INFINITY);
  const sums = buckets.map((_, at) => buckets.slice(0, at + 1).reduce((sum, { trades }) => sum + trades, 0));
  const all = sums.at(-1) ?? 0;
  const within = sums.map((sum) => (all > 0 ? sum / all : null));
  const trades = buckets.map((bucket) => bucket.trades);
  const shares = buckets.map(({ share }) => share);
  const shareIn = (value: number | null) => percent(value, 1);
  const nameAt = (end: number) => {
    const bucket = buckets[ends.indexOf(end)];
    return bucket ? bucketName(bucket) : ABSENT;
  };
  return {
    title: "Feed latency",
    times: ends,
    index: { name: "up_to_ms", label: "Late by", text: nameAt },
    columns: [
      numberColumn(ends, "trades", "trades", trades, (value) => fixed(value, 0)),
      numberColumn(ends, "share", "share", shares, shareIn),
      numberColumn(ends, "share_within", "so late or less", within, shareIn),
    ],
  };
}

export function latencyFigure(buckets: readonly Bucket[], look: FigureLook): Figure {
  return {
    data: [
      {
        type: "bar",
        name: "trades",
        x: buckets.map(tickOf),
        y: buckets.map(({ trades }) => trades),
        customdata: buckets.map(bucketName),
        marker: { color: look.theme["leg-a"] },
        hovertemplate: "%{customdata}: %{y} trades<extra></extra>",
      },
    ],
    layout: {
      ...baseLayout(look),
      showlegend: false,
      // Bounds are not equally far apart: they are names, not numbers.
      xaxis: { ...axis(look, "late by at most, ms"), type: "category" },
      yaxis: { ...axis(look, "trades"), rangemode: "tozero" },
    },
  };
}

import { lowerBoundBy } from "@/lib/sorted";
import type { Token } from "./theme";

/** What the charts draw, whatever library draws it. Times are milliseconds UTC, ascending; null is a hole. */
export type LineSeries = {
  kind: "line";
  key: string;
  /** Empty where the pane's title names it. */
  label: string;
  /** Its name in files. */
  column: string;
  color: Token;
  time: readonly number[];
  value: readonly (number | null)[];
  /** `own` is a scale without labels at the foot of the pane. */
  axis: "left" | "right" | "own";
  /** Joined points, or a column for each. */
  style: "line" | "columns";
  dashed: boolean;
  /** Whether it lies on a scale whose margins another series sets. */
  shares: boolean;
  /** Whether it is drawn at once; otherwise only its numbers are in the legend, and Plotly can switch it on. */
  drawn: boolean;
  format: (value: number | null) => string;
};

export type Candle = {
  time: number;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number | null;
};

export type CandleSeries = {
  kind: "candles";
  key: string;
  label: string;
  /** Its name in files, before `_open` and the others. */
  column: string;
  color: Token;
  candles: readonly Candle[];
  format: (value: number | null) => string;
};

export type ChartSeries = LineSeries | CandleSeries;

export type Level = {
  value: number;
  label: string;
  color: Token;
  /** Shown only when the values come near it; other levels are always in view. */
  beyond?: boolean;
};
export type Marker = { time: number; value: number; kind: "sell" | "buy" | "exit" | "fired" };
/** Bars from `from` to `to`, both open times, of which nothing is known. */
export type GapSpan = { from: number; to: number; bars: number };

export type Pane = {
  key: string;
  title: string;
  /** Share of the height beside the other panes. */
  weight: number;
  /** Length of one bar in milliseconds. */
  step: number;
  series: readonly ChartSeries[];
  levels: readonly Level[];
  markers: readonly Marker[];
  /** Whether it may have markers, for which room is kept. */
  marked: boolean;
  gaps: readonly GapSpan[];
};

/** The value of a series at exactly this time; null where it has none. */
export function valueAt(series: ChartSeries, time: number): number | null {
  if (series.kind === "candles") return candleAt(series, time)?.close ?? null;
  const index = lowerBoundBy(series.time.length, (i) => series.time[i], time);
  return series.time[index] === time ? (series.value[index] ?? null) : null;
}

export function candleAt(series: CandleSeries, time: number): Candle | null {
  const index = lowerBoundBy(series.candles.length, (i) => series.candles[i]?.time, time);
  const candle = series.candles[index];
  return candle?.time === time ? candle : null;
}

/** The newest time at which the series has a row. */
export function lastTime(series: ChartSeries): number | null {
  const time = series.kind === "candles" ? series.candles.at(-1)?.time : series.time.at(-1);
  return time ?? null;
}

/** The index of the first row of a series at or after `time`. */
export function firstIndexFrom(series: ChartSeries, time: number): number {
  if (series.kind === "candles")
    return lowerBoundBy(series.candles.length, (i) => series.candles[i]?.time, time);
  return lowerBoundBy(series.time.length, (i) => series.time[i], time);
}

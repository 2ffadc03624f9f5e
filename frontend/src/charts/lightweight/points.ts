import type { CandlestickData, LineData, UTCTimestamp, WhitespaceData } from "lightweight-charts";
import { type ChartSeries, firstIndexFrom } from "../series";

export type Point = LineData<UTCTimestamp> | CandlestickData<UTCTimestamp> | WhitespaceData<UTCTimestamp>;

const INVISIBLE = "transparent";
// A market that was away for a month must not put a million empty bars on the axis.
const MOST_MISSING_BARS = 2000;

const toSeconds = (ms: number) => (ms / 1000) as UTCTimestamp;

function rowCount(series: ChartSeries): number {
  return series.kind === "candles" ? series.candles.length : series.time.length;
}

function timeAt(series: ChartSeries, index: number): number | undefined {
  return series.kind === "candles" ? series.candles[index]?.time : series.time[index];
}

function isHole(series: ChartSeries, index: number): boolean {
  if (series.kind === "candles") return (series.candles[index]?.close ?? null) === null;
  return (series.value[index] ?? null) === null;
}

function rowPoint(series: ChartSeries, index: number, breaksAfter: boolean): Point | null {
  const ms = timeAt(series, index);
  if (ms === undefined) return null;
  const time = toSeconds(ms);
  if (series.kind === "line") {
    const value = series.value[index] ?? null;
    if (value === null) return { time };
    // The library joins points across whitespace: a segment has the colour of the point it starts from.
    return breaksAfter ? { time, value, color: INVISIBLE } : { time, value };
  }
  const { open, high, low, close } = series.candles[index] ?? {};
  if (open == null || high == null || low == null || close == null) return { time };
  return { time, open, high, low, close };
}

/** The row of the last value before row `before`; -1 where there is none. */
function valueBefore(series: ChartSeries, before: number): number {
  let index = before - 1;
  while (index >= 0 && isHole(series, index)) index -= 1;
  return index;
}

/** Points of the rows at or after `from`, and of those since the last value before, with whitespace for missing bars. */
export function pointsFrom(series: ChartSeries, from: number, step: number): Point[] {
  const points: Point[] = [];
  const newest = valueBefore(series, rowCount(series));
  // What comes after a hole takes the segment across it away from the value before.
  const start = Math.max(0, valueBefore(series, firstIndexFrom(series, from)));
  for (let index = start; index < rowCount(series); index += 1) {
    const time = timeAt(series, index) ?? 0;
    const next = timeAt(series, index + 1);
    const missing =
      next === undefined ? 0 : Math.min(MOST_MISSING_BARS, Math.round((next - time) / step) - 1);
    // The newest value has no segment, and its colour is that of its label.
    const breaksAfter = index < newest && (missing > 0 || isHole(series, index + 1));
    const point = rowPoint(series, index, breaksAfter);
    if (point) points.push(point);
    for (let bar = 1; bar <= missing; bar += 1) points.push({ time: toSeconds(time + bar * step) });
  }
  return points;
}

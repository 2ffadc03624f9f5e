import { time as formatTime, type TimeZone, zonedTime } from "@/lib/format";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((count) => count * DAY),
];

export type Ticks = { tickvals: number[]; ticktext: string[] };

/** What a clock on the wall shows, as if it were UTC: at the moment itself, so that changes of clocks count. */
function wallClock(ms: number, zone: TimeZone): number {
  return zone === "utc" ? ms : ms - new Date(ms).getTimezoneOffset() * MINUTE;
}

function label(ms: number, step: number, zone: TimeZone): string {
  const midnight = wallClock(ms, zone) % DAY === 0;
  if (step >= DAY || midnight) return formatTime(ms, "date", zone);
  return formatTime(ms, step < MINUTE ? "second" : "minute", zone);
}

/**
 * Ticks on round readings of the zone's clock. Plotly's date axis knows no zones, so the axis itself stays in UTC,
 * where no hour comes twice, and only what is written on it is local.
 */
export function timeTicks(from: number, to: number, zone: TimeZone, most: number): Ticks {
  const step = STEPS.find((candidate) => (to - from) / candidate <= most) ?? 364 * DAY;
  // Zones differ from UTC by whole quarters of an hour.
  const grid = Math.min(step, 15 * MINUTE);
  const tickvals: number[] = [];
  for (let ms = Math.ceil(from / grid) * grid; ms <= to; ms += grid)
    if (wallClock(ms, zone) % step === 0) tickvals.push(ms);
  return { tickvals, ticktext: tickvals.map((ms) => label(ms, step, zone)) };
}

/** A moment for Plotly's date axis: UTC as text, since it reads a bare number on the browser's own clock. */
export function axisTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23);
}

/** What `axisTime` wrote, and what Plotly gives back. */
export function fromAxisTime(value: unknown): number {
  return Date.parse(`${String(value).replace(" ", "T")}Z`);
}

/** The text by which a point names its time. */
export function hoverTime(ms: number, zone: TimeZone): string {
  return zonedTime(ms, "stamp", zone);
}

import type { AlertPreview } from "@/api/types";
import { csvText, isoTime } from "@/lib/csv";

function middle(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** The figures of a preview: seconds, and the share of the time in which the rule was firing. */
export function summaryOf({ start, end, count, firing_s, firings }: AlertPreview) {
  const span = start === null || end === null ? 0 : (end - start) / 1000;
  const lasted = firings.map(({ duration_s }) => duration_s).filter((seconds) => seconds !== null);
  return {
    count,
    span,
    every: count === 0 ? null : span / count,
    share: span === 0 ? 0 : firing_s / span,
    median: middle(lasted),
  };
}

/** The firings of a preview as a file. */
export function firingsCsv({ firings, horizons, followed }: AlertPreview): string {
  const after = followed === null ? [] : ["at", ...horizons.map((bars) => `after_${bars}`)];
  const head = ["time", "ended_at", "duration_s", "reason", ...after];
  const rows = firings.map((firing) => [
    isoTime(firing.time),
    firing.ended_at === null ? null : isoTime(firing.ended_at),
    firing.duration_s,
    firing.reason,
    ...(followed === null ? [] : [firing.at, ...firing.after]),
  ]);
  return csvText(head, rows);
}

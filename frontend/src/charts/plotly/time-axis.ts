import type { TimeZone } from "@/lib/format";

/** A time for Plotly's date axis, which has no zones: the wall-clock reading in the chosen one. */
export function axisTime(ms: number, zone: TimeZone): string {
  // getTimezoneOffset is that of the moment itself, so that a change of clocks in between is honoured.
  const shift = zone === "utc" ? 0 : -new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms + shift).toISOString().slice(0, 23);
}

import type { TimeZone } from "@/lib/format";

const MINUTE = 60_000;

/** A time as a field for dates takes it, read in the zone: `2026-11-30T02:15:00`; nothing for none. */
export function fieldText(ms: number | null, zone: TimeZone): string {
  if (ms === null) return "";
  const shift = zone === "utc" ? 0 : new Date(ms).getTimezoneOffset() * MINUTE;
  return new Date(ms - shift).toISOString().slice(0, 19);
}

/** The last that such a field can say. */
export const LAST_TEXT = "9999-12-31T23:59:59";

/** What such a field says, in milliseconds; null for an empty or half-typed one, and where there is no market yet. */
export function fieldTime(text: string, zone: TimeZone): number | null {
  const ms = Date.parse(zone === "utc" ? `${text}Z` : text);
  return ms >= 0 ? ms : null;
}

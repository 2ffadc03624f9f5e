/** All numbers and times that a user reads are formatted here. Absent numbers are `ABSENT`, never 0 or NaN. */
export const ABSENT = "–";
const MINUS = "−";

const fixedFormats = new Map<number, Intl.NumberFormat>();

function fixedFormat(decimals: number): Intl.NumberFormat {
  const known = fixedFormats.get(decimals);
  if (known) return known;
  const format = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  fixedFormats.set(decimals, format);
  return format;
}

/** A number with a fixed count of decimals, thousands grouped and a true minus sign. */
export function fixed(value: number | null, decimals: number): string {
  if (value === null || !Number.isFinite(value)) return ABSENT;
  const text = fixedFormat(decimals).format(value);
  const zero = !/[1-9]/.test(text);
  return zero ? text.replace("-", "") : text.replace("-", MINUS);
}

/** With its sign always shown, for what swings about zero. */
export function signed(value: number | null, decimals: number): string {
  const text = fixed(value, decimals);
  if (text === ABSENT || text.startsWith(MINUS) || !/[1-9]/.test(text)) return text;
  return `+${text}`;
}

/** Decimals that show `digits` significant digits of a number of this size. */
export function decimalsFor(size: number | null, digits: number): number {
  if (size === null || size === 0 || !Number.isFinite(size)) return 2;
  const magnitude = Math.floor(Math.log10(Math.abs(size)));
  return Math.min(8, Math.max(0, digits - 1 - magnitude));
}

export function significant(value: number | null, digits: number): string {
  return fixed(value, decimalsFor(value, digits));
}

/** Decimals of a price that moves in steps of `tickSize`. */
export function priceDecimals(tickSize: number): number {
  const text = tickSize.toFixed(8).replace(/0+$/, "");
  return text.length - text.indexOf(".") - 1;
}

export function pValue(value: number | null): string {
  if (value !== null && value < 0.001) return "<0.001";
  return fixed(value, 3);
}

export function count(value: number): string {
  return fixed(value, 0);
}

/** A size in the largest unit that keeps it readable, such as `815 B`, `2.4 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${fixed(value, 0)} B`;
  const power = Math.min(3, Math.floor(Math.log10(value) / 3));
  return `${fixed(value / 1000 ** power, 1)} ${["B", "kB", "MB", "GB"][power]}`;
}

/** A duration in the largest unit that keeps it readable, such as `42.0 s`, `18.5 min`, `2.3 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return ABSENT;
  if (seconds < 100) return `${fixed(seconds, 1)} s`;
  if (seconds < 2 * 3600) return `${fixed(seconds / 60, 1)} min`;
  if (seconds < 48 * 3600) return `${fixed(seconds / 3600, 1)} h`;
  return `${fixed(seconds / 86400, 1)} d`;
}

/** An interval with an upper end that may be unbounded. */
export function range(low: number | null, high: number | null, decimals: number): string {
  if (low === null) return ABSENT;
  return `${fixed(low, decimals)} to ${high === null ? "∞" : fixed(high, decimals)}`;
}

export type TimeZone = "utc" | "local";
type TimeDetail = "date" | "minute" | "second" | "stamp" | "full";

const DETAIL: Record<TimeDetail, Intl.DateTimeFormatOptions> = {
  date: { day: "2-digit", month: "short" },
  minute: { hour: "2-digit", minute: "2-digit" },
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  stamp: { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  full: {
    day: "2-digit",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
};
const timeFormats = new Map<string, Intl.DateTimeFormat>();

/** A time in milliseconds UTC, read in the chosen zone. */
export function time(ms: number | null, detail: TimeDetail, zone: TimeZone): string {
  if (ms === null) return ABSENT;
  const key = `${detail} ${zone}`;
  let format = timeFormats.get(key);
  if (!format) {
    const timeZone = zone === "utc" ? { timeZone: "UTC" } : {};
    format = new Intl.DateTimeFormat("en-GB", { ...DETAIL[detail], hourCycle: "h23", ...timeZone });
    timeFormats.set(key, format);
  }
  return format.format(ms);
}

let zoneFormat: Intl.DateTimeFormat | null = null;

/** What the zone is called at a moment: CET in winter, CEST in summer. */
export function zoneName(zone: TimeZone, ms: number): string {
  if (zone === "utc") return "UTC";
  zoneFormat ??= new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
  const parts = zoneFormat.formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "local";
}

/** What the head of a column of times says of the zone, whose name depends on the moment. */
export function zoneHead(zone: TimeZone): string {
  return zone === "utc" ? "UTC" : "local time";
}

/** A time below such a head: its own zone's name follows, unless the head has it. */
export function cellTime(ms: number | null, detail: TimeDetail, zone: TimeZone): string {
  const text = time(ms, detail, zone);
  return ms === null || zone === "utc" ? text : `${text} ${zoneName(zone, ms)}`;
}

/** A time by itself, with the name of its zone. */
export function zonedTime(ms: number | null, detail: TimeDetail, zone: TimeZone): string {
  return ms === null ? ABSENT : `${time(ms, detail, zone)} ${zoneName(zone, ms)}`;
}

/** Two times, and the zone's name after each where it differs between them, as across a change of clocks. */
export function timeSpan(from: number | null, to: number | null, detail: TimeDetail, zone: TimeZone): string {
  const [first, last] = [zoneName(zone, from ?? to ?? 0), zoneName(zone, to ?? from ?? 0)];
  const begin = time(from, detail, zone);
  return `${first === last ? begin : `${begin} ${first}`} to ${time(to, detail, zone)} ${last}`;
}

/** A share such as 0.05 as `5 %`. */
export function percent(share: number | null, decimals = 0): string {
  const text = fixed(share === null ? null : 100 * share, decimals);
  return text === ABSENT ? text : `${text} %`;
}

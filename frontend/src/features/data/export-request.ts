import type { ClientConfig, HedgeMethod, Scale, StoredSpan } from "@/api/types";
import { intervalMs } from "@/lib/intervals";
import { windowProblem } from "@/lib/window";

/** What to export, and as what: all of it is in the address. Times are milliseconds, null is as far as there is. */
export type ExportRequest = {
  what: "pair" | "bars" | "trades";
  a: string;
  b: string;
  interval: string;
  window: number;
  method: HedgeMethod;
  scale: Scale;
  from: number | null;
  to: number | null;
  format: "csv" | "parquet" | "arrow";
};

export const WHATS = [
  { value: "pair", label: "Pair analytics" },
  { value: "bars", label: "Bars" },
  { value: "trades", label: "Trades" },
] as const;
export const FORMATS = [
  { value: "csv", label: "CSV" },
  { value: "parquet", label: "Parquet" },
  { value: "arrow", label: "Arrow" },
] as const;

/** Bytes a row takes, measured on exports of 1,500 one-second rows of the simulated market. */
const ROW_BYTES: Record<ExportRequest["what"], Record<ExportRequest["format"], number>> = {
  pair: { csv: 155, parquet: 53, arrow: 87 },
  bars: { csv: 102, parquet: 31, arrow: 95 },
  trades: { csv: 54, parquet: 10, arrow: 44 },
};

function known<Value extends string>(text: string | null, values: readonly { value: Value }[]): Value | null {
  return values.find(({ value }) => value === text)?.value ?? null;
}

function instant(text: string | null): number | null {
  const value = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** Reads a request from an address; what it does not say, or says wrong, is the server's default. */
export function parseRequest(
  search: string,
  config: ClientConfig,
  symbols: readonly string[],
): ExportRequest {
  const query = new URLSearchParams(search);
  const first = symbols[0] ?? "BTCUSDT";
  const a = query.get("a")?.toUpperCase() || first;
  const other = symbols.find((symbol) => symbol !== a) ?? "ETHUSDT";
  const b = query.get("b")?.toUpperCase() || other;
  const interval = query.get("tf") ?? "";
  const window = query.get("w") ?? "";
  const method = query.get("m");
  return {
    what: known(query.get("what"), WHATS) ?? "pair",
    a,
    b: b === a ? other : b,
    interval: config.intervals.includes(interval)
      ? interval
      : (config.intervals.find((each) => each === "1m") ?? config.intervals[0] ?? "1m"),
    window: windowProblem(window) === null ? Number(window) : config.window,
    method: (config.methods.find((each) => each === method) as HedgeMethod | undefined) ?? config.method,
    scale: query.has("s") ? (query.get("s") === "log" ? "log" : "level") : config.scale,
    from: instant(query.get("from")),
    to: instant(query.get("to")),
    format: known(query.get("format"), FORMATS) ?? "csv",
  };
}

/** The page's address of a request, complete. */
export function requestAddress(request: ExportRequest): string {
  const { what, a, b, interval, window, method, scale, from, to, format } = request;
  const query = new URLSearchParams({ what, a, b, tf: interval, w: String(window), m: method, s: scale });
  if (from !== null) query.set("from", String(from));
  if (to !== null) query.set("to", String(to));
  query.set("format", format);
  return `/export-data?${query}`;
}

/** The path of the file. */
export function exportPath(request: ExportRequest): string {
  const { what, a, b, interval, window, method, scale, from, to, format } = request;
  const query = new URLSearchParams({ format });
  if (from !== null) query.set("start", String(from));
  if (to !== null) query.set("end", String(to));
  if (what === "pair") {
    const key = { symbol_a: a, symbol_b: b, interval, window: String(window), method, scale };
    for (const [name, value] of Object.entries(key)) query.set(name, value);
    return `/export?${query}`;
  }
  query.set("symbol", a);
  if (what === "trades") return `/export/ticks?${query}`;
  query.set("interval", interval);
  return `/export/ohlcv?${query}`;
}

/** The span of time that a file will have, null where there is nothing: `stored` of each symbol that it needs. */
export function spanOf(request: ExportRequest, stored: readonly (readonly StoredSpan[])[]): Span | null {
  const width = request.what === "trades" ? null : intervalMs(request.interval);
  const interval = width === null ? null : request.interval; // bars by trades reach as far as the trades
  const spans = stored.map((spans) => spans.find((span) => span.interval === interval));
  const held = spans.filter((span) => span !== undefined);
  if (held.length < spans.length || held.length === 0) return null;
  const from = Math.max(request.from ?? 0, ...held.map((span) => span.first_time));
  const to = Math.min(
    request.to ?? Number.POSITIVE_INFINITY,
    ...held.map((span) => span.last_time + (width ?? 1)),
  );
  return to > from ? { from, to } : null;
}

export type Span = { from: number; to: number };

/** About how many rows a span has; null where that hangs on trades whose rate is not known. */
export function rowsOf(request: ExportRequest, span: Span, ticksPerSecond: number | null): number | null {
  if (request.what === "trades")
    return ticksPerSecond === null ? null : Math.round(((span.to - span.from) / 1000) * ticksPerSecond);
  const width = intervalMs(request.interval);
  return width === null ? null : Math.ceil((span.to - span.from) / width);
}

export function bytesOf(request: ExportRequest, rows: number): number {
  return rows * ROW_BYTES[request.what][request.format];
}

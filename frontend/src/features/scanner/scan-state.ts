import type { ClientConfig, Scale, ScannedPair } from "@/api/types";
import { MEASURES, type Measure } from "@/components/scan-measure";
import type { Sort } from "@/components/sort-table";
import { SCAN_WINDOW, windowProblem } from "@/lib/window";

type Holdout = ScannedPair["holdout"];

export type Filters = {
  /** At most so much. */
  p: number | null;
  q: number | null;
  /** Bars. */
  halfLifeFrom: number | null;
  halfLifeTo: number | null;
  /** At least so much, whatever the sign. */
  correlation: number | null;
  holdout: Holdout | null;
  status: "tested" | "untested" | null;
};

/** What the Scanner shows: all of it is in the address. No symbols are all that stream. */
export type ScanView = {
  interval: string;
  window: number;
  scale: Scale;
  symbols: readonly string[];
  /** Whether each pair with a small q is held against its own null, which allows for jumps and heavy tails. */
  calibrated: boolean;
  filters: Filters;
  sort: Sort;
  measure: Measure;
};

export const NO_FILTERS: Filters = {
  p: null,
  q: null,
  halfLifeFrom: null,
  halfLifeTo: null,
  correlation: null,
  holdout: null,
  status: null,
};
export const HOLDOUTS: readonly Holdout[] = ["survived", "failed", "screened_out", "not_tried"];
export const SCAN_PATH = "/scan";
const WINDOW = 1440;
const SORT: Sort = { key: "p_value", direction: "ascending" };
const NUMBERS = [
  ["p", "p"],
  ["q", "q"],
  ["halfLifeFrom", "hl"],
  ["halfLifeTo", "hl2"],
  ["correlation", "r"],
] as const satisfies readonly (readonly [keyof Filters, string])[];

function number(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

function parseFilters(query: URLSearchParams): Filters {
  const filters: Filters = { ...NO_FILTERS };
  for (const [name, key] of NUMBERS) filters[name] = number(query.get(key));
  filters.holdout = HOLDOUTS.find((word) => word === query.get("ho")) ?? null;
  const status = query.get("st");
  filters.status = status === "tested" || status === "untested" ? status : null;
  return filters;
}

function parseSort(text: string | null): Sort {
  const match = /^(-?)([a-z_]+)$/.exec(text ?? "");
  return match?.[2] ? { key: match[2], direction: match[1] ? "descending" : "ascending" } : SORT;
}

/** Reads the view from an address; what it does not say, or says wrong, is the default. */
export function parseScan(search: string, config: ClientConfig): ScanView {
  const query = new URLSearchParams(search);
  const interval = query.get("tf") ?? "";
  const window = query.get("w") ?? "";
  const first = config.intervals.includes("1m") ? "1m" : (config.intervals[0] ?? "1m");
  const symbols = (query.get("sym") ?? "").toUpperCase().split(",").filter(Boolean);
  return {
    interval: config.intervals.includes(interval) ? interval : first,
    window: windowProblem(window, SCAN_WINDOW) === null ? Number(window) : WINDOW,
    scale: query.get("s") === "level" ? "level" : "log",
    symbols: [...new Set(symbols)],
    calibrated: query.get("cal") === "1",
    filters: parseFilters(query),
    sort: parseSort(query.get("sort")),
    measure: MEASURES.find((name) => name === query.get("by")) ?? "p_value",
  };
}

/** The address of a view: what is as by default is left out, but for the interval and the window. */
export function scanAddress(view: ScanView): string {
  const { interval, window, scale, symbols, calibrated, filters, sort, measure } = view;
  const parts = [`tf=${interval}`, `w=${window}`];
  if (scale !== "log") parts.push(`s=${scale}`);
  if (symbols.length > 0) parts.push(`sym=${symbols.map(encodeURIComponent).join()}`);
  if (calibrated) parts.push("cal=1");
  for (const [name, key] of NUMBERS) if (filters[name] !== null) parts.push(`${key}=${filters[name]}`);
  if (filters.holdout) parts.push(`ho=${filters.holdout}`);
  if (filters.status) parts.push(`st=${filters.status}`);
  const order = `${sort.direction === "descending" ? "-" : ""}${sort.key}`;
  if (order !== SORT.key) parts.push(`sort=${order}`);
  if (measure !== "p_value") parts.push(`by=${measure}`);
  return `${SCAN_PATH}?${parts.join("&")}`;
}

/** The topic that brings this scan by itself; null for one that has to be asked for. */
export function matrixTopic({ interval, window, scale, symbols, calibrated }: ScanView): string | null {
  return scale === "log" && symbols.length === 0 && !calibrated ? `matrix:${interval}:${window}` : null;
}

/** Where a pair of the scan is looked at closely. */
export function labAddress(view: ScanView, a: string, b: string): string {
  const legs = `/pair/${encodeURIComponent(a)}/${encodeURIComponent(b)}`;
  return `${legs}?tf=${view.interval}&w=${view.window}&s=${view.scale}`;
}

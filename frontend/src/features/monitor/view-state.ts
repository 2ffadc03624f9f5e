import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";
import { windowProblem } from "@/lib/window";

/** What the Monitor shows: all of it is in the address, so that a link shows another person the same. */
export type View = {
  a: string | null;
  b: string | null;
  interval: string;
  method: HedgeMethod;
  window: number;
  scale: Scale;
  /** |z| at which the spread counts as stretched, and at which a position is closed. */
  entry: number;
  exit: number;
  /** |z| at which a position is given up. */
  stop: number;
  /** Further symbols, with which the legs are compared in the price pane; none is the candles. */
  compare: readonly string[];
};

/** A view whose pair is chosen. */
export type PairView = View & { a: string; b: string };

const METHODS: readonly HedgeMethod[] = ["ols", "huber", "theil_sen", "kalman", "tls"];
const FIRST_INTERVAL = "1m";
const ENTRY = 2;
const EXIT = 0.5;
const STOP_OF_ENTRY = 2;
export const MOST_COMPARED = 4;

type Thresholds = Pick<View, "entry" | "exit" | "stop">;

/** What is wrong with thresholds, in one sentence; null when they can be used. */
export function thresholdProblem({ entry, exit, stop }: Thresholds): string | null {
  if (![entry, exit, stop].every(Number.isFinite)) return "Thresholds are numbers.";
  if (exit < 0) return "The exit is at least 0.";
  if (entry <= exit) return "The entry lies beyond the exit.";
  if (stop <= entry) return "The stop lies beyond the entry.";
  return null;
}

export function defaultStop(entry: number): number {
  return STOP_OF_ENTRY * entry;
}

function parseThresholds(text: string | null): Thresholds {
  const [entry = Number.NaN, exit = Number.NaN, stop = defaultStop(entry)] = (text ?? "")
    .split(",")
    .map(Number);
  const read = { entry, exit, stop };
  if (thresholdProblem(read) === null) return read;
  return { entry: ENTRY, exit: EXIT, stop: defaultStop(ENTRY) };
}

function parseCompared(text: string | null, legs: readonly (string | null)[]): string[] {
  const symbols = (text ?? "").toUpperCase().split(",").filter(Boolean);
  return [...new Set(symbols)].filter((symbol) => !legs.includes(symbol)).slice(0, MOST_COMPARED);
}

function defaultInterval(config: ClientConfig): string {
  return config.intervals.includes(FIRST_INTERVAL) ? FIRST_INTERVAL : (config.intervals[0] ?? FIRST_INTERVAL);
}

/** Reads the view from an address; whatever it does not say, or says wrong, is the server's default. */
export function parseView(search: string, config: ClientConfig): View {
  const query = new URLSearchParams(search);
  const interval = query.get("tf") ?? "";
  const method = query.get("m")?.toLowerCase().replace("-", "_");
  const window = query.get("w") ?? "";
  const a = query.get("a")?.toUpperCase() || null;
  const b = query.get("b")?.toUpperCase() || null;
  return {
    a,
    b: b === a ? null : b,
    interval: config.intervals.includes(interval) ? interval : defaultInterval(config),
    method: METHODS.find((known) => known === method && config.methods.includes(known)) ?? config.method,
    window: windowProblem(window) === null ? Number(window) : config.window,
    scale: query.has("s") ? (query.get("s") === "log" ? "log" : "level") : config.scale,
    ...parseThresholds(query.get("z")),
    compare: parseCompared(query.get("cmp"), [a, b]),
  };
}

/** The address of a view, complete, so that it means the same on a server with other defaults. */
export function viewAddress(view: View): string {
  const pair = view.a && view.b ? `a=${view.a}&b=${view.b}&` : "";
  const stop = view.stop === defaultStop(view.entry) ? "" : `,${view.stop}`;
  const rest = `tf=${view.interval}&m=${view.method}&w=${view.window}&z=${view.entry},${view.exit}${stop}`;
  const compared = view.compare.length > 0 ? `&cmp=${view.compare.join()}` : "";
  return `/?${pair}${rest}&s=${view.scale}${compared}`;
}

/** Where the pair is looked at closely, on the same bars. */
export function labAddress({ a, b, interval, window, method, scale }: PairView): string {
  const legs = `/pair/${encodeURIComponent(a)}/${encodeURIComponent(b)}`;
  return `${legs}?tf=${interval}&w=${window}&m=${method}&s=${scale}`;
}

export function pairTopic(view: PairView): string {
  const { a, b, interval, window, method, scale } = view;
  return `pair:${a}-${b}:${interval}:${window}:${method}:${scale}`;
}

export function barsTopic(symbol: string, interval: string): string {
  return `bars:${symbol}:${interval}`;
}

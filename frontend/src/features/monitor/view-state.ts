import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";

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
};

/** A view whose pair is chosen. */
export type PairView = View & { a: string; b: string };

export const WINDOW_MIN = 10;
export const WINDOW_MAX = 4000;
const METHODS: readonly HedgeMethod[] = ["ols", "huber", "theil_sen", "kalman", "tls"];
const FIRST_INTERVAL = "1m";
const ENTRY = 2;
const EXIT = 0.5;

/** What is wrong with a window as typed, in one sentence; null when it can be used. */
export function windowProblem(text: string): string | null {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value)) return "The window is a whole number of bars.";
  if (value < WINDOW_MIN) return `The window needs at least ${WINDOW_MIN} bars.`;
  if (value > WINDOW_MAX) return `The window has at most ${WINDOW_MAX} bars.`;
  return null;
}

function parseThresholds(text: string | null): { entry: number; exit: number } {
  const [entry = Number.NaN, exit = Number.NaN] = (text ?? "").split(",").map(Number);
  const usable = Number.isFinite(entry) && Number.isFinite(exit) && exit >= 0 && entry > exit;
  return usable ? { entry, exit } : { entry: ENTRY, exit: EXIT };
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
  };
}

/** The address of a view, complete, so that it means the same on a server with other defaults. */
export function viewAddress(view: View): string {
  const pair = view.a && view.b ? `a=${view.a}&b=${view.b}&` : "";
  const rest = `tf=${view.interval}&m=${view.method}&w=${view.window}&z=${view.entry},${view.exit}`;
  return `/?${pair}${rest}${view.scale === "log" ? "&s=log" : ""}`;
}

export function pairTopic(view: PairView): string {
  const { a, b, interval, window, method, scale } = view;
  return `pair:${a}-${b}:${interval}:${window}:${method}:${scale}`;
}

export function barsTopic(symbol: string, interval: string): string {
  return `bars:${symbol}:${interval}`;
}

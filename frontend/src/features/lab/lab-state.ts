import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";
import { windowProblem } from "@/lib/window";

/** What the lab examines: all of it is in the address. */
export type LabView = {
  a: string | null;
  b: string | null;
  interval: string;
  window: number;
  method: HedgeMethod;
  scale: Scale;
};
export type ChosenPair = LabView & { a: string; b: string };

export const LAB_PATH = "/pair";
/** Tests need more bars than a fit: a window of the Monitor is often too short for them. */
const WINDOW = 240;

function leg(text: string | undefined): string | null {
  if (!text) return null;
  try {
    return decodeURIComponent(text).toUpperCase();
  } catch {
    return null; // a broken escape names no symbol
  }
}

/** Reads the view from an address; whatever it does not say, or says wrong, is the default. */
export function parseLab(pathname: string, search: string, config: ClientConfig): LabView {
  const [, , first, second] = pathname.split("/");
  const query = new URLSearchParams(search);
  const [a, b] = [leg(first), leg(second)];
  const interval = query.get("tf") ?? "";
  const window = query.get("w") ?? "";
  const method = query.get("m")?.toLowerCase().replace("-", "_");
  const scale = query.get("s");
  const fallback = config.intervals.includes("1m") ? "1m" : (config.intervals[0] ?? "1m");
  return {
    a,
    b: b === a ? null : b,
    interval: config.intervals.includes(interval) ? interval : fallback,
    window: windowProblem(window) === null ? Number(window) : WINDOW,
    method: config.methods.includes(method ?? "") ? (method as HedgeMethod) : config.method,
    scale: scale === "level" || scale === "log" ? scale : config.scale,
  };
}

export function labAddress(view: LabView): string {
  const { a, b, interval, window, method, scale } = view;
  const legs =
    a && b ? `/${encodeURIComponent(a)}/${encodeURIComponent(b)}` : a ? `/${encodeURIComponent(a)}` : "";
  return `${LAB_PATH}${legs}?tf=${interval}&w=${window}&m=${method}&s=${scale}`;
}

/** The same pair, live. */
export function monitorAddress({ a, b, interval, window, method, scale }: ChosenPair): string {
  return `/?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&tf=${interval}&m=${method}&w=${window}&s=${scale}`;
}

import type { PairScan } from "@/api/types";
import { SCAN_WINDOW } from "@/lib/window";
import { useLink } from "@/stores/link";
import { useHeld, useWatch } from "@/stores/topics";
import type { PairView } from "./view-state";

export type Matrix = {
  scan: PairScan | null;
  /** Why there is no scan, where that is known. */
  why: string | null;
  interval: string;
  window: number;
};

function whyNone(scan: PairScan): string | null {
  if (scan.symbols.length < 2) return "Two symbols have to stream for a pair.";
  return scan.status === "too_short" ? `Warming up: ${scan.have} of ${scan.need} bars` : null;
}

/** All streaming pairs on the view's bars, on log prices; a window too short for tests is made just long enough. */
export function useMatrix({ interval, window: wanted }: PairView): Matrix {
  const window = Math.max(SCAN_WINDOW.least, wanted);
  const topic = `matrix:${interval}:${window}`;
  useWatch(topic);
  const scan = useHeld("matrix", topic)?.data ?? null;
  const refused = useLink((link) => link.refused[topic]) ?? null;
  const why = scan ? whyNone(scan) : refused;
  return { scan: why === null ? scan : null, why, interval, window };
}

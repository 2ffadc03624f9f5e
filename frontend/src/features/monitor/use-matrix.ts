import type { PairScan } from "@/api/types";
import { SCAN_WINDOW } from "@/lib/window";
import { useLink } from "@/stores/link";
import { useHeld, useWatch } from "@/stores/topics";
import type { PairView } from "./view-state";

/** All streaming pairs on the view's bars, on log prices; a window too short for tests is made just long enough. */
export function useMatrix({ interval, window }: PairView): { scan: PairScan | null; why: string | null } {
  const topic = `matrix:${interval}:${Math.max(SCAN_WINDOW.least, window)}`;
  useWatch(topic);
  const scan = useHeld("matrix", topic)?.data ?? null;
  const refused = useLink((link) => link.refused[topic]);
  if (scan === null) return { scan, why: refused ?? null };
  if (scan.symbols.length < 2) return { scan: null, why: "Two symbols have to stream for a pair." };
  if (scan.status === "too_short")
    return { scan: null, why: `Warming up: ${scan.have} of ${scan.need} bars` };
  return { scan, why: null };
}

import type { PairAnalytics } from "@/api/types";
import { useThrottled } from "@/components/use-throttled";
import { useHeld } from "@/stores/topics";
import { type PairView, pairTopic } from "./view-state";

// A Plotly update takes some 60 ms of the main thread.
const REDRAW_EVERY_MS = 1000;

/** The pair's data for charts that are redrawn as a whole: at most one a second. */
export function useSlowPair(view: PairView): PairAnalytics | null {
  return useThrottled(useHeld("pair", pairTopic(view)), REDRAW_EVERY_MS)?.data ?? null;
}

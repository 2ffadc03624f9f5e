import type { PairAnalytics } from "@/api/types";
import type { Marker } from "@/charts/series";

export type Verdict = { words: string; tone: "sell" | "buy" | "none" };

/** The signal in words, for the entry threshold of the view; why there is none, where there is none. */
export function verdict(pair: PairAnalytics, entry: number): Verdict {
  if (pair.zscore === null) return { words: pair.signal_reason ?? pair.reason ?? "no z-score", tone: "none" };
  if (pair.signal === "none") return { words: pair.signal_reason ?? "no signal", tone: "none" };
  if (pair.zscore > entry) return { words: "overextended: sell the spread", tone: "sell" };
  if (pair.zscore < -entry) return { words: "oversold: buy the spread", tone: "buy" };
  return { words: "neutral", tone: "none" };
}

/**
 * Where a position would have been opened and closed: sold above +entry, bought below −entry, closed when z is back
 * within ±exit. A bar without z changes nothing.
 */
export function tradeMarkers(
  time: readonly number[],
  zscore: readonly (number | null)[],
  entry: number,
  exit: number,
): Marker[] {
  const markers: Marker[] = [];
  let open = false;
  zscore.forEach((value, index) => {
    const at = time[index];
    if (value === null || at === undefined) return;
    if (open && Math.abs(value) <= exit) {
      open = false;
      markers.push({ time: at, value, kind: "exit" });
    } else if (!open && Math.abs(value) > entry) {
      open = true;
      markers.push({ time: at, value, kind: value > 0 ? "sell" : "buy" });
    }
  });
  return markers;
}

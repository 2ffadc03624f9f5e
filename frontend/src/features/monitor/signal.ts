import type { PairAnalytics } from "@/api/types";
import type { Marker } from "@/charts/series";

export type Verdict = { words: string; tone: "sell" | "buy" | "none" };

/**
 * The signal in words, for the entry threshold of the view; why there is none, where there is none. Numbers that stand
 * `still` are no reason to trade.
 */
export function verdict(pair: PairAnalytics, entry: number, still = false): Verdict {
  if (still) return { words: "no signal: nothing new comes", tone: "none" };
  if (pair.zscore === null) return { words: pair.signal_reason ?? pair.reason ?? "no z-score", tone: "none" };
  if (pair.signal === "none") return { words: pair.signal_reason ?? "no signal", tone: "none" };
  if (pair.zscore > entry) return { words: "overextended: sell the spread", tone: "sell" };
  if (pair.zscore < -entry) return { words: "oversold: buy the spread", tone: "buy" };
  return { words: "neutral", tone: "none" };
}

export type Thresholds = { entry: number; exit: number; stop: number };

/**
 * Where a position would have been opened and closed: sold above +entry, bought below −entry; closed when z has come
 * back to the exit on its side or is past it, or has reached the stop. Beyond the stop the relation is in doubt: nothing opens
 * before z was back within ±entry. A bar without z changes nothing.
 */
export function tradeMarkers(
  time: readonly number[],
  zscore: readonly (number | null)[],
  { entry, exit, stop }: Thresholds,
): Marker[] {
  const markers: Marker[] = [];
  // +1 the spread is sold, −1 bought.
  let side = 0;
  let stopped = false;
  zscore.forEach((value, index) => {
    const at = time[index];
    if (value === null || at === undefined) return;
    if (Math.abs(value) >= stop) stopped = true;
    if (Math.abs(value) <= entry) stopped = false;
    if (side !== 0 && (value * side <= exit || value * side >= stop)) {
      side = 0;
      markers.push({ time: at, value, kind: "exit" });
    }
    if (side === 0 && !stopped && Math.abs(value) > entry) {
      side = Math.sign(value);
      markers.push({ time: at, value, kind: value > 0 ? "sell" : "buy" });
    }
  });
  return markers;
}

import type { PairAnalytics } from "@/api/types";
import { count, fixed, pValue, signed } from "@/lib/format";
import { isStill, type PageState } from "@/lib/page-states";
import { plural } from "@/lib/words";

export type Check = { key: string; passed: boolean; says: string };

const SIGNIFICANCE = 0.05;

function whyNotLive(pair: PairAnalytics, stopped: boolean, state: PageState | null): string | null {
  // What the server said last says nothing about now.
  if (state !== null && isStill(state)) return "Nothing new comes: what you see is the last that came.";
  return stopped ? pair.signal_reason : pair.stale_reason;
}

/** What a signal needs, one by one, with what is the case: the reasons for there being none. */
export function signalChecks(pair: PairAnalytics, entry: number, state: PageState | null): Check[] {
  const { have, need, cointegration, zscore, quality, stale_reason, half_life } = pair;
  const p = cointegration.p_value;
  const masked = quality.gap + quality.partial;
  const stopped =
    pair.signal_reason !== null && / is (stopped|stale|halted|gap|connecting)/.test(pair.signal_reason);
  return [
    {
      key: "live",
      passed: (state === null || state === "live") && stale_reason === null && !stopped,
      says: whyNotLive(pair, stopped, state) ?? "Both legs are live.",
    },
    { key: "warm", passed: have >= need, says: `${count(need)} bars are needed, ${count(have)} are there.` },
    {
      key: "holes",
      passed: quality.gap === 0,
      says:
        masked === 0
          ? "No bar of the window is missing."
          : `${plural(masked, "bar")} of the window missing or partial.`,
    },
    {
      key: "cointegrated",
      passed: p !== null && p < SIGNIFICANCE,
      says:
        p === null
          ? (cointegration.reason ?? "The cointegration test has no result.")
          : `Engle-Granger p is ${pValue(p)}; a signal needs less than ${fixed(SIGNIFICANCE, 2)}.`,
    },
    {
      key: "reverting",
      passed: half_life.bars !== null,
      says:
        half_life.bars === null
          ? (half_life.reason ?? "There is no half-life.")
          : `A deviation halves in ${fixed(half_life.bars, 1)} bars.`,
    },
    {
      key: "far",
      passed: zscore !== null && Math.abs(zscore) > entry,
      says:
        zscore === null
          ? "There is no z-score."
          : `z is ${signed(zscore, 2)}; a signal needs more than ±${entry}.`,
    },
  ];
}

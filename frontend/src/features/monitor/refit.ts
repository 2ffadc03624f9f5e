import type { PairAnalytics } from "@/api/types";

/** How far the last re-fit moved β, in standard errors of the new one. */
export type Refit = { before: number; after: number; errors: number; time: number };

const ALARMING = 2;

/**
 * The last re-fit, when it moved β by more than two standard errors; null otherwise. Windows of two successive bars
 * share all bars but one, so that so large a step is a jump of the data and not noise of the estimate.
 */
export function alarmingRefit(pair: PairAnalytics): Refit | null {
  const { time, beta } = pair.series;
  const { beta_se } = pair;
  const last = beta.findLastIndex((value) => value !== null);
  const after = beta[last] ?? null;
  const before = beta[last - 1] ?? null;
  if (after === null || before === null || beta_se === null || beta_se <= 0) return null;
  const errors = (after - before) / beta_se;
  return Math.abs(errors) > ALARMING ? { before, after, errors, time: time[last] ?? 0 } : null;
}

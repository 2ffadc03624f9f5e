import type { PairAnalytics } from "@/api/types";

/** A pair with fewer bars than its window needs, as the server tells of it: how many there are, and no number. */
export function tooShort(pair: PairAnalytics): PairAnalytics {
  const { have, need } = pair;
  const lacking = { status: "too_short" as const, reason: `needs ${need} closed bars, there are ${have}` };
  const untested = { ...lacking, statistic: null, p_value: null, n: 0 };
  return {
    ...pair,
    ...lacking,
    zscore: null,
    zscore_reason: lacking.reason,
    signal: "none",
    signal_reason: lacking.reason,
    correlation_reason: lacking.reason,
    adf: { ...pair.adf, ...untested },
    cointegration: {
      ...pair.cointegration,
      ...untested,
      p_yx: null,
      p_xy: null,
      statistic_yx: null,
      statistic_xy: null,
    },
    half_life: {
      ...lacking,
      bars: null,
      seconds: null,
      low: null,
      high: null,
      low_seconds: null,
      high_seconds: null,
    },
    live: { spread: null, zscore: null, time: null },
  };
}

import type { AlertMetric } from "@/api/types";

type Need = "no" | "may" | "must";
export type MetricSpec = {
  of: "symbol" | "pair";
  /** As the user reads it behind a value. */
  unit: string;
  meaning: string;
  interval: Need;
  window: Need;
  /** Whether it can be observed between closes too, by `live`. */
  live: boolean;
  leastWindow: number;
  /** What a new condition on it asks; the value is empty where it depends on the symbol. */
  usual: { op: ">" | "<"; value: string };
};

const above = (value: string) => ({ op: ">", value }) as const;
const below = (value: string) => ({ op: "<", value }) as const;

const ofPair = (unit: string, meaning: string, usual: MetricSpec["usual"], live = false): MetricSpec => ({
  of: "pair",
  unit,
  meaning,
  interval: "must",
  window: "may",
  live,
  leastWindow: 10,
  usual,
});
const ofSymbol = (
  unit: string,
  meaning: string,
  usual: MetricSpec["usual"],
  part: Partial<MetricSpec> = {},
): MetricSpec => ({
  of: "symbol",
  unit,
  meaning,
  interval: "no",
  window: "no",
  live: false,
  leastWindow: 1,
  usual,
  ...part,
});
const OF_BARS = { interval: "must", window: "may", live: true } as const;

/** What a rule may watch, as docs/alerts.md has it: which fields a condition on it has, and in which unit. */
export const METRIC_SPECS: Record<AlertMetric, MetricSpec> = {
  zscore: ofPair("σ", "The spread in standard deviations of the fit before it", above("2"), true),
  spread: ofPair("of prices", "y − β x", above(""), true),
  correlation: ofPair("−1 to 1", "Of the returns of the last bars", above("0.8")),
  hedge_ratio: ofPair("y per x", "β of the fit", above("")),
  half_life: ofPair("bars", "Until half of a deviation of the spread is gone", below("60")),
  coint_pvalue: ofPair("0 to 1", "p-value of the Engle-Granger test", below("0.05")),
  adf_pvalue: ofPair("0 to 1", "p-value of the Dickey-Fuller test of the spread", below("0.05")),
  price: ofSymbol("quote", "Of the last trade; with an interval, of its last closed bar", above(""), {
    interval: "may",
  }),
  return: ofSymbol("fraction", "Close over the close so many bars before, less 1", above("0.01"), OF_BARS),
  volume: ofSymbol("base units", "Sum over the last bars", above(""), OF_BARS),
  volatility: ofSymbol(
    "per bar",
    "Standard deviation of the last log returns, not annualised",
    above("0.001"),
    {
      interval: "must",
      window: "must",
      leastWindow: 2,
    },
  ),
  tick_rate: ofSymbol("trades/s", "Over the last 60 s of market time", below("0.1")),
  staleness: ofSymbol("s", "Market time since the last trade", above("30")),
};
export const METRICS = Object.keys(METRIC_SPECS) as AlertMetric[];

export const OPS = [">", "<", ">=", "<=", "crosses_above", "crosses_below"] as const;
export const isCrossing = (op: string): boolean => op.startsWith("crosses");
export const isRising = (op: string): boolean => op === ">" || op === ">=" || op === "crosses_above";

/** What the server allows, so that the page can say it first. */
export const LIMITS = { name: 100, conditions: 50, nesting: 5, seconds: 30 * 86_400, window: 4000 };

import type { Bar, BarList, PairAnalytics } from "@/api/types";
import { isoTime } from "@/lib/csv";
import { intervalMs } from "@/lib/intervals";
import { methodName } from "@/lib/words";
import type { PairView } from "./view-state";

export type NumberKey =
  | "last_a"
  | "last_b"
  | "beta"
  | "spread"
  | "zscore"
  | "correlation"
  | "adf"
  | "half_life"
  | "quality";

/** The numbers that come from both legs. */
export type PairNumber = Exclude<NumberKey, "last_a" | "last_b">;

export type Input = { name: string; value: number | string | null };
export type Explanation = {
  title: string;
  /** What it is, in a sentence or two. */
  says: string;
  formula: string;
  inputs: readonly Input[];
  /** The number itself, with all its digits; absent where the inputs hold it. */
  result?: Input;
};

const FITS: Record<PairAnalytics["method"], string> = {
  ols: "β = Σ(x − x̄)(y − ȳ) / Σ(x − x̄)²,  α = ȳ − β·x̄",
  huber: "α, β minimise Σ ρ(y − α − β·x): squares near the line, distances far from it",
  theil_sen: "β = median of the slopes through all pairs of bars,  α = median of y − β·x",
  kalman: "state (α, β) follows a random walk and is corrected by each bar’s surprise",
  tls: "α, β minimise the distances at right angles to the line",
};

/** From harmless to bad: of two, the later one says more against a bar. */
export const QUALITIES = ["complete", "kline", "backfilled", "quiet", "partial", "gap"] as const;

type Maker = (pair: PairAnalytics, view: PairView) => Omit<Explanation, "title">;

const lastOf = (values: readonly (number | null)[]) => values.findLast((value) => value !== null) ?? null;

/** Prices of the newest closed bar on the pair's scale. */
function newest({ series, scale }: PairAnalytics): { y: number | null; x: number | null } {
  const read = (price: number | null) => (price !== null && scale === "log" ? Math.log(price) : price);
  return { y: read(lastOf(series.price_a)), x: read(lastOf(series.price_b)) };
}

const unit = ({ scale }: PairAnalytics) => (scale === "log" ? "log price" : "price");

const MAKERS: Record<PairNumber, Maker> = {
  beta: (pair) => ({
    says: `How many units of ${pair.symbol_b} move like one of ${pair.symbol_a}: y is ${pair.symbol_a}’s ${unit(pair)}, x ${pair.symbol_b}’s, over the window of closed bars before the newest one.`,
    formula: FITS[pair.method],
    inputs: [
      { name: "β", value: pair.beta },
      { name: "standard error of β", value: pair.beta_se },
      { name: "α", value: pair.alpha },
      { name: "standard error of α", value: pair.alpha_se },
    ],
  }),
  spread: (pair) => ({
    says: "What is left of leg A when β of leg B is taken away, at the newest closed bar. β is of the bars before it, so that the number has not seen itself.",
    formula: "spread = y − β·x",
    inputs: [
      { name: "y", value: newest(pair).y },
      { name: "x", value: newest(pair).x },
      { name: "β", value: pair.beta },
      { name: "mean of the window", value: pair.mean },
      { name: "σ of the window", value: pair.sd },
    ],
    result: { name: "spread", value: pair.spread },
  }),
  zscore: (pair, view) => ({
    says: `How many σ the spread is away from its mean. Beyond ±${view.entry} it is called overextended or oversold, when the pair is cointegrated and both legs are live.`,
    formula: "z = (y − α − β·x) / σ",
    inputs: [
      { name: "y", value: newest(pair).y },
      { name: "x", value: newest(pair).x },
      { name: "α", value: pair.mean },
      { name: "β", value: pair.beta },
      { name: "σ", value: pair.sd },
    ],
    result: { name: "z", value: pair.zscore },
  }),
  correlation: (pair) => ({
    says: "Pearson’s correlation of both legs’ logarithmic returns over the window that ends at the newest closed bar.",
    formula: "r = Σ(a − ā)(b − b̄) / √(Σ(a − ā)² · Σ(b − b̄)²),  a = Δ log A,  b = Δ log B",
    inputs: [{ name: "returns", value: pair.window }],
    result: { name: "r", value: pair.correlation },
  }),
  adf: (pair) => ({
    says: "The probability of so negative a test statistic if the residuals had a unit root, that is if the spread did not come back. The tables are those for residuals of a regression.",
    formula: "Δe(t) = γ·e(t−1) + Σ φᵢ·Δe(t−i) + ε,  null: γ = 0",
    inputs: [
      { name: "t statistic", value: pair.adf.statistic },
      { name: "lags", value: pair.adf.lags },
      { name: "observations", value: pair.adf.n },
      { name: "Engle-Granger p, both directions counted", value: pair.cointegration.p_value },
    ],
    result: { name: "p", value: pair.adf.p_value },
  }),
  half_life: (pair) => ({
    says: "The time in which half of a deviation is gone, from how strongly the window’s residuals hang on the one before. The interval covers 95 %.",
    formula: "half-life = ln ½ / ln ρ,  ρ = persistence from bar to bar",
    inputs: [
      { name: "bars", value: pair.half_life.bars },
      { name: "from", value: pair.half_life.low },
      { name: "to", value: pair.half_life.high ?? (pair.half_life.bars === null ? null : "unbounded") },
      { name: "seconds", value: pair.half_life.seconds },
    ],
  }),
  quality: (pair) => ({
    says: "What the bars of the fit are made of, each counted once, as the worse of both legs’. A gap is a bar whose trades are not known; it is left out of the fit.",
    formula: `quality of a bar = the worse of A’s and B’s:  ${QUALITIES.join(" < ")}`,
    inputs: QUALITIES.map((name) => ({ name, value: pair.quality[name] })),
    result: { name: "bars", value: QUALITIES.reduce((sum, name) => sum + pair.quality[name], 0) },
  }),
};

const TITLES: Record<PairNumber, string> = {
  beta: "Hedge ratio β",
  spread: "Spread",
  zscore: "Z-score",
  correlation: "Correlation",
  adf: "ADF p-value",
  half_life: "Half-life",
  quality: "Quality",
};

export function explanationOf(key: PairNumber, pair: PairAnalytics, view: PairView): Explanation {
  const scope = `${methodName(view.method)}, window ${view.window}, ${view.scale}, ${view.interval}`;
  return { title: `${TITLES[key]}: ${scope}`, ...MAKERS[key](pair, view) };
}

/** The bars that a pair's numbers rest on: those of the fit and the newest closed one, `step` apart. */
export function spanOf(pair: PairAnalytics): { start: number; end: number; step: number } | null {
  const step = intervalMs(pair.interval);
  if (pair.first_time === null || pair.last_time === null || step === null) return null;
  return { start: pair.first_time, end: pair.last_time + step, step };
}

/** The newest bar that has a price. */
export function lastBar(bars: BarList): Bar | null {
  return bars.items.findLast(({ close }) => close !== null) ?? null;
}

const FROM: Partial<Record<Bar["quality"], string>> = {
  kline: "close of the exchange’s kline of that bar",
  quiet: "close of the bar before: nothing was traded in this one",
};

export function lastPriceExplanation(bars: BarList, bar: Bar): Explanation {
  return {
    title: `Last price of ${bars.symbol}: ${bars.interval}`,
    says: "The close of the newest bar that has a price, which may still be forming: no average, and not the time but the id decides which trade is the last.",
    formula: `last = ${FROM[bar.quality] ?? "price of the trade with the highest id in that bar"}`,
    inputs: [
      { name: "bar opens", value: isoTime(bar.time) },
      { name: "state", value: bar.closed ? "closed" : "still forming" },
      { name: "quality", value: bar.quality },
      { name: "trades in it", value: bar.trades },
    ],
    result: { name: "last", value: bar.close },
  };
}

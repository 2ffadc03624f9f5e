import type { PairAnalytics } from "@/api/types";
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

export type Input = { name: string; value: number | string | null };
export type Explanation = {
  title: string;
  /** What it is, in a sentence or two. */
  says: string;
  formula: string | null;
  inputs: readonly Input[];
  /** The number itself, with all its digits; absent where the inputs hold it. */
  result?: Input;
  /** What the snippet prints, and the number it prints. */
  prints: string | null;
};

const FITS: Record<string, string> = {
  ols: "β = Σ(x − x̄)(y − ȳ) / Σ(x − x̄)²,  α = ȳ − β·x̄",
  huber: "α, β minimise Σ ρ(y − α − β·x): squares near the line, distances far from it",
  theil_sen: "β = median of the slopes through all pairs of bars,  α = median of y − β·x",
  kalman: "state (α, β) follows a random walk and is corrected by each bar’s surprise",
  tls: "α, β minimise the distances at right angles to the line",
};

type Maker = (pair: PairAnalytics, view: PairView) => Omit<Explanation, "title">;

const lastOf = (values: readonly (number | null)[]) => values.findLast((value) => value !== null) ?? null;

/** Prices of the newest closed bar on the pair's scale. */
function newest({ series, scale }: PairAnalytics): { y: number | null; x: number | null } {
  const read = (price: number | null) => (price !== null && scale === "log" ? Math.log(price) : price);
  return { y: read(lastOf(series.price_a)), x: read(lastOf(series.price_b)) };
}

const unit = ({ scale }: PairAnalytics) => (scale === "log" ? "log price" : "price");

const MAKERS: Record<Exclude<NumberKey, "last_a" | "last_b">, Maker> = {
  beta: (pair) => ({
    says: `How many units of ${pair.symbol_b} move like one of ${pair.symbol_a}: y is ${pair.symbol_a}’s ${unit(pair)}, x ${pair.symbol_b}’s, over the window of closed bars before the newest one.`,
    formula: FITS[pair.method] ?? null,
    inputs: [
      { name: "β", value: pair.beta },
      { name: "standard error of β", value: pair.beta_se },
      { name: "α", value: pair.alpha },
      { name: "standard error of α", value: pair.alpha_se },
    ],
    prints: "pair.fit.beta",
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
    prints: "pair.spread",
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
    prints: "pair.zscore",
  }),
  correlation: (pair) => ({
    says: "Pearson’s correlation of both legs’ logarithmic returns over the window that ends at the newest closed bar.",
    formula: "r = Σ(a − ā)(b − b̄) / √(Σ(a − ā)² · Σ(b − b̄)²),  a = Δ log A,  b = Δ log B",
    inputs: [{ name: "returns", value: pair.window }],
    result: { name: "r", value: pair.correlation },
    prints: "pair.correlation",
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
    prints: "pair.adf.p_value",
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
    prints: "pair.half_life.bars",
  }),
  quality: (pair) => ({
    says: "What the bars of the window are made of. A gap is a bar whose trades are not known; it is left out of the fit.",
    formula: null,
    inputs: Object.entries(pair.quality).map(([name, value]) => ({ name, value })),
    prints: null,
  }),
};

const TITLES: Record<Exclude<NumberKey, "last_a" | "last_b">, string> = {
  beta: "Hedge ratio β",
  spread: "Spread",
  zscore: "Z-score",
  correlation: "Correlation",
  adf: "ADF p-value",
  half_life: "Half-life",
  quality: "Quality",
};

export function explanationOf(key: NumberKey, pair: PairAnalytics, view: PairView): Explanation {
  if (key === "last_a" || key === "last_b") {
    const symbol = key === "last_a" ? view.a : view.b;
    return {
      title: `Last price of ${symbol}`,
      says: "The close of the newest bar that has a trade, which may still be forming: the price of the trade with the highest id so far.",
      formula: null,
      inputs: [],
      prints: null,
    };
  }
  const scope = `${methodName(view.method)}, window ${view.window}, ${view.scale}, ${view.interval}`;
  return { title: `${TITLES[key]}: ${scope}`, ...MAKERS[key](pair, view) };
}

/** The bars that a pair's numbers rest on: those of the fit and the newest closed one. */
export function spanOf(pair: PairAnalytics): { start: number; end: number } | null {
  const step = intervalMs(pair.interval);
  if (pair.first_time === null || pair.last_time === null || step === null) return null;
  return { start: pair.first_time, end: pair.last_time + step };
}

/** A Python program that fetches the same bars from this server and computes the number from them. */
export function snippetFor(explanation: Explanation, pair: PairAnalytics, origin: string): string | null {
  const span = spanOf(pair);
  if (explanation.prints === null || span === null) return null;
  // A filter's state rests on all bars from its formation on: more than the window have to be fetched.
  const start = pair.parameters.formation_first ?? span.start;
  const step = intervalMs(pair.interval) ?? 1;
  const limit = Math.round((span.end - start) / step);
  return `import json
from math import nan
from urllib.request import urlopen

from quant import analytics

# ${limit} bars, from ${isoTime(start)} to ${isoTime(span.end)}
QUERY = "interval=${pair.interval}&start=${start}&end=${span.end}&limit=${limit}"


def closes(symbol):
    with urlopen(f"${origin}/data/{symbol}?{QUERY}") as answer:
        return {bar["time"]: bar["close"] for bar in json.load(answer)["items"]}


a, b = closes("${pair.symbol_a}"), closes("${pair.symbol_b}")
times = sorted(a.keys() | b.keys())
y = [nan if a.get(time) is None else a[time] for time in times]
x = [nan if b.get(time) is None else b[time] for time in times]
pair = analytics.analyse_pair(y, x, window=${pair.window}, method="${pair.method}", scale="${pair.scale}")
print(${explanation.prints})
`;
}

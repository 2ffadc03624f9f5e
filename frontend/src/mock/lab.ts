import type { PairAnalytics, PairLab } from "@/api/types";
import { dickeyFuller, fitLine } from "./statistics";

const WINDOWS = [30, 60, 120, 240, 480];
const POINTS = 24;
const MOST_LAGS = 40;
const NOT_HERE = "the mock does not compute it";

function momentsOf(values: number[]) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const power = (k: number) => values.reduce((sum, value) => sum + (value - mean) ** k, 0) / n;
  const variance = power(2);
  return {
    n,
    mean,
    sd: Math.sqrt((variance * n) / (n - 1)),
    skewness: power(3) / variance ** 1.5,
    excess_kurtosis: power(4) / variance ** 2 - 3,
  };
}

function histogramOf(values: number[]): { edges: number[]; counts: number[] } {
  const bins = Math.max(5, Math.ceil(Math.sqrt(values.length)));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = (high - low) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, k) => low + k * width), counts };
}

function autocorrelationOf(values: number[], mean: number): number[] {
  const away = values.map((value) => value - mean);
  const square = away.reduce((sum, value) => sum + value * value, 0);
  const lags = Math.min(MOST_LAGS, Math.floor(values.length / 4));
  return Array.from(
    { length: lags },
    (_, k) => away.slice(k + 1).reduce((sum, value, i) => sum + value * (away[i] ?? 0), 0) / square,
  );
}

function absent(nullHypothesis: string) {
  return {
    role: "descriptive" as const,
    statistic: null,
    p_value: null,
    n: 0,
    critical_values: null,
    null: nullHypothesis,
    method: "",
    status: "too_short" as const,
    reason: NOT_HERE,
  };
}

/** One pair's examination in the server's form: by least squares alone, and without the tests that are long. */
export function mockLab(pair: PairAnalytics): PairLab {
  const { series, window, scale } = pair;
  const read = (price: number | null) => (scale === "log" ? Math.log(price ?? 1) : (price ?? 0));
  const [y, x] = [series.price_a.map(read), series.price_b.map(read)];
  const end = y.length - 1;
  const cut = (values: number[], length: number) => values.slice(end - length, end);
  const residualsOf = (length: number) => {
    const line = fitLine(cut(y, length), cut(x, length));
    const values = cut(y, length).map(
      (value, i) => value - line.alpha - line.beta * (cut(x, length)[i] ?? 0),
    );
    return { line, values };
  };
  const { values } = residualsOf(window);
  const moments = momentsOf(values);
  const { kpss, leg } = stationarityOf(pair);
  const rows = Array.from({ length: POINTS }, (_, k) => Math.round((k * end) / (POINTS - 1)));
  const { alpha, alpha_se, beta, beta_se, beta_low, beta_high, sd } = pair;
  const { market, as_of, symbol_a, symbol_b, interval, method, status, reason, have, need } = pair;
  return {
    ...{ market, as_of, symbol_a, symbol_b, interval, window, method, scale, status, reason, have, need },
    first_time: pair.first_time,
    last_time: pair.last_time,
    quality: pair.quality,
    fits: [
      {
        method: "ols",
        status,
        reason,
        alpha,
        alpha_se,
        beta,
        beta_se,
        beta_low,
        beta_high,
        sd,
        r_squared: null,
        n: window,
        parameters: {},
      },
    ],
    residuals: {
      time: series.time.slice(end - window, end),
      y: cut(y, window),
      x: cut(x, window),
      value: values,
      status: "ok",
      reason: null,
      ...moments,
      ...histogramOf(values),
      autocorrelation: autocorrelationOf(values, moments.mean),
      band: 1.96 / Math.sqrt(window),
      whiteness_p: null,
    },
    half_life: pair.half_life,
    adf: pair.adf,
    cointegration: pair.cointegration,
    johansen: {
      status: "too_short",
      reason: NOT_HERE,
      null: "at most r relations tie the series together",
      trace: [],
      trace_critical_values: {},
      max_eigenvalue: [],
      max_eigenvalue_critical_values: {},
      eigenvalues: [],
      rank: null,
      rank_by_max_eigenvalue: null,
      beta: null,
      lags: 1,
      n: 0,
    },
    kpss,
    variance_ratios: [{ ...absent("the steps of the series are uncorrelated"), ratio: null, lags: 2 }],
    hurst: { ...absent("the Hurst exponent is 0.5"), hurst: null, low: null, high: null, at_edge: false },
    stability: {
      ...absent("the line is the same in both halves"),
      beta_first: null,
      beta_second: null,
      level_change: null,
    },
    legs: [leg(symbol_a), leg(symbol_b)],
    windows: WINDOWS.filter((length) => length < end).map((length) => {
      const { line, values: own } = residualsOf(length);
      const { test } = dickeyFuller(own);
      return {
        window: length,
        beta: line.beta,
        beta_low: line.beta - 2 * line.betaError,
        beta_high: line.beta + 2 * line.betaError,
        adf: test,
        p_value: Math.min(1, 2 * (test.p_value ?? 1)),
        half_life: pair.half_life,
      };
    }),
    history: {
      time: rows.map((row) => series.time[row] ?? 0),
      p_value: rows.map(() => null),
      methods: [
        {
          method: "ols",
          beta: rows.map((row) => series.beta[row] ?? null),
          low: rows.map(() => null),
          high: rows.map(() => null),
        },
      ],
    },
  };
}

function stationarityOf(pair: PairAnalytics) {
  const test = {
    ...pair.adf,
    statistic: null,
    p_value: null,
    status: "too_short" as const,
    reason: NOT_HERE,
  };
  const kpss = { ...test, null: "the series is stationary around a constant", p_bound: "" as const };
  return {
    kpss,
    leg: (symbol: string) => ({ symbol, adf: { ...test, null: "the series has a unit root" }, kpss }),
  };
}

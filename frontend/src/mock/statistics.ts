import type { PairAnalytics } from "@/api/types";

/**
 * Small statistics for the mock alone: honest arithmetic of ordinary least squares, whatever method is asked for, and
 * p-values read off the tables' three critical values. The server's are in backend/src/quant/analytics.
 */
export type Line = { alpha: number; beta: number; sd: number; betaError: number; alphaError: number };

export function fitLine(y: readonly number[], x: readonly number[]): Line {
  const n = y.length;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [my, mx] = [mean(y), mean(x)];
  let sxx = 0;
  let sxy = 0;
  for (let i = 0; i < n; i += 1) {
    const dx = (x[i] ?? 0) - mx;
    sxx += dx * dx;
    sxy += dx * ((y[i] ?? 0) - my);
  }
  const beta = sxy / sxx;
  const alpha = my - beta * mx;
  const squares = y.reduce((sum, value, i) => sum + (value - alpha - beta * (x[i] ?? 0)) ** 2, 0);
  const variance = squares / (n - 2);
  return {
    alpha,
    beta,
    sd: Math.sqrt(squares / (n - 1)),
    betaError: Math.sqrt(variance / sxx),
    alphaError: Math.sqrt(variance * (1 / n + (mx * mx) / sxx)),
  };
}

export function correlationOf(y: readonly number[], x: readonly number[]): number {
  const { beta } = fitLine(y, x);
  const back = fitLine(x, y).beta;
  return Math.sign(beta) * Math.sqrt(Math.max(0, beta * back));
}

const CRITICAL = { "1%": -3.9, "5%": -3.34, "10%": -3.05 };
// Critical value and level, as far as the tables go on both sides.
const LEVELS: readonly [number, number][] = [
  [-5.5, 0.0005],
  [CRITICAL["1%"], 0.01],
  [CRITICAL["5%"], 0.05],
  [CRITICAL["10%"], 0.1],
  [-2.2, 0.4],
  [-1, 0.9],
  [1, 0.99],
];

function pValue(statistic: number): number {
  const after = LEVELS.findIndex(([value]) => statistic < value);
  if (after === 0) return LEVELS[0]?.[1] ?? 0;
  if (after < 0) return 0.99;
  const [[x0, p0], [x1, p1]] = [LEVELS[after - 1] ?? [0, 0], LEVELS[after] ?? [1, 1]];
  return p0 + ((p1 - p0) * (statistic - x0)) / (x1 - x0);
}

export type UnitRoot = { test: PairAnalytics["adf"]; persistence: number };

/** The Dickey-Fuller test without lags on residuals. */
export function dickeyFuller(residuals: readonly number[]): UnitRoot {
  let past = 0;
  let both = 0;
  for (let i = 1; i < residuals.length; i += 1) {
    const before = residuals[i - 1] ?? 0;
    past += before * before;
    both += before * ((residuals[i] ?? 0) - before);
  }
  const gamma = both / past;
  let squares = 0;
  for (let i = 1; i < residuals.length; i += 1) {
    const before = residuals[i - 1] ?? 0;
    squares += ((residuals[i] ?? 0) - before - gamma * before) ** 2;
  }
  const n = residuals.length - 1;
  const statistic = gamma / Math.sqrt(squares / (n - 1) / past);
  return {
    persistence: 1 + gamma,
    test: {
      statistic,
      p_value: pValue(statistic),
      lags: 0,
      n,
      critical_values: CRITICAL,
      null: "the residuals of y on x have a unit root",
      role: "descriptive",
      regression: "n",
      autolag: "none",
      max_lag: 0,
      series_in_test: 2,
      status: "ok",
      reason: null,
    },
  };
}

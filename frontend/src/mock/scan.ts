import type { PairScan, ScannedPair } from "@/api/types";
import { correlationOf, dickeyFuller, fitLine } from "./statistics";

/** Closes of one symbol, oldest first. */
export type Closes = { symbol: string; times: number[]; closes: number[] };

const LEVEL = 0.05;
const USED_DIRECTIONS = 2;

function residualsOf(y: number[], x: number[]): { residuals: number[]; line: ReturnType<typeof fitLine> } {
  const line = fitLine(y, x);
  return { line, residuals: y.map((value, i) => value - line.alpha - line.beta * (x[i] ?? 0)) };
}

function returnsOf(logs: number[]): number[] {
  return logs.slice(1).map((value, i) => value - (logs[i] ?? 0));
}

function scanned(a: Closes, b: Closes, step: number, scale: "log" | "level"): ScannedPair {
  const read = scale === "log" ? Math.log : (price: number) => price;
  const [y, x] = [a.closes.map(read), b.closes.map(read)];
  const { line, residuals } = residualsOf(y.slice(0, -1), x.slice(0, -1));
  const there = dickeyFuller(residuals);
  const back = dickeyFuller(residualsOf(x.slice(0, -1), y.slice(0, -1)).residuals);
  const [pYx, pXy] = [there.test.p_value ?? 1, back.test.p_value ?? 1];
  const reverts = there.persistence > 0 && there.persistence < 1;
  const bars = reverts ? Math.log(0.5) / Math.log(there.persistence) : null;
  const last = (y.at(-1) ?? 0) - line.alpha - line.beta * (x.at(-1) ?? 0);
  return {
    symbol_a: a.symbol,
    symbol_b: b.symbol,
    alpha: line.alpha,
    beta: line.beta,
    statistic: there.test.statistic,
    statistic_xy: back.test.statistic,
    direction: pYx <= pXy ? "y_on_x" : "x_on_y",
    p_value: Math.min(1, USED_DIRECTIONS * Math.min(pYx, pXy)),
    p_yx: pYx,
    p_xy: pXy,
    p_calibrated: null,
    q_value: null,
    lags: 0,
    lags_xy: 0,
    half_life: bars,
    half_life_seconds: bars === null ? null : (bars * step) / 1000,
    half_life_status: reverts ? "ok" : "not_reverting",
    correlation: correlationOf(returnsOf(a.closes.map(Math.log)), returnsOf(b.closes.map(Math.log))),
    zscore: last / line.sd,
    holdout: "not_tried",
    holdout_p: null,
    holdout_q: null,
    status: "ok",
    reason: null,
    reasons: reverts ? {} : { half_life: "the residuals do not return" },
  };
}

/** Benjamini and Yekutieli's q-values of ascending p-values. */
function withQ(rows: ScannedPair[]): ScannedPair[] {
  const m = rows.length;
  const harmonic = rows.reduce((sum, _, k) => sum + 1 / (k + 1), 0);
  let least = 1;
  const q = rows.map((row, k) => ((row.p_value ?? 1) * m * harmonic) / (k + 1));
  for (let k = m - 1; k >= 0; k -= 1) {
    least = Math.min(least, q[k] ?? 1);
    q[k] = least;
  }
  return rows.map((row, k) => ({ ...row, q_value: q[k] ?? null }));
}

type Asked = { interval: string; step: number; window: number; scale: "log" | "level" };
type Head = { market: string; as_of: number; seq: number | null };

/** A scan of all pairs in the server's form; the mock has no hold-out. */
export function mockScan(head: Head, legs: readonly Closes[], asked: Asked): PairScan {
  const { interval, step, window, scale } = asked;
  const have = Math.min(...legs.map(({ closes }) => closes.length));
  const enough = legs.length > 1 && have >= window;
  const cut = legs.map(({ symbol, times, closes }) => ({
    symbol,
    times: times.slice(-window),
    closes: closes.slice(-window),
  }));
  const pairs = cut.flatMap((a, i) => cut.slice(i + 1).map((b) => [a, b] as const));
  const rows = enough ? pairs.map(([a, b]) => scanned(a, b, step, scale)) : [];
  const items = withQ(rows.sort((one, other) => (one.p_value ?? 1) - (other.p_value ?? 1)));
  const times = cut[0]?.times ?? [];
  return {
    ...head,
    interval,
    window,
    scale,
    status: enough ? "ok" : "too_short",
    reason: enough ? null : `needs ${window} closed bars, there are ${legs.length > 1 ? have : 0}`,
    have: legs.length > 1 ? Math.min(have, window) : 0,
    need: window,
    first_time: times[0] ?? null,
    last_time: times.at(-1) ?? null,
    symbols: cut.map(({ symbol }) => symbol),
    quality: {},
    method: "engle_granger",
    role: "descriptive",
    n: enough ? window : null,
    trend: "c",
    autolag: "none",
    max_lag: 0,
    critical_values: null,
    level: LEVEL,
    calibrated: false,
    holdout_share: null,
    screen: null,
    fit: null,
    pairs_tested: items.length,
    expected_false: LEVEL * items.length,
    found: items.filter(({ p_value }) => (p_value ?? 1) < LEVEL).length,
    null: "the legs are not cointegrated",
    items,
  };
}

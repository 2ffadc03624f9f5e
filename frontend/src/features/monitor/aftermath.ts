import type { PairAnalytics } from "@/api/types";
import { quantiles } from "@/lib/quantiles";
import { type Thresholds, tradeMarkers } from "./signal";

/** 10, 25, 50, 75 and 90 %. */
export const SHARES = [0.1, 0.25, 0.5, 0.75, 0.9] as const;
export const HORIZON_BARS = 60;

/** What had become of the entries so many bars later. */
export type Horizon = {
  bars: number;
  /** Entries of which both ends are known. */
  n: number;
  /** Quantiles of z, turned so that every entry began above +: 0 is back at the mean. */
  z: readonly (number | null)[];
  /** Quantiles of what the position had made, in basis points of both legs, before costs. */
  pnl: readonly (number | null)[];
  /** Share of the entries that had made money. */
  gained: number | null;
};

export type Aftermath = {
  /** Entries among the bars, and over how many bars with a z they are counted. */
  entries: number;
  bars: number;
  horizons: readonly Horizon[];
};

/**
 * What happened after each entry marked on the z pane. The position holds β as it was known at the entry, so that
 * nothing learnt later enters its P&L; entries follow each other, none begins while another is open.
 */
export function aftermathOf(pair: PairAnalytics, thresholds: Thresholds): Aftermath {
  const { time, zscore, beta, price_a, price_b } = pair.series;
  const row = new Map(time.map((at, index) => [at, index]));
  const starts = tradeMarkers(time, zscore, thresholds).flatMap(({ time: at, kind }) => {
    const index = row.get(at);
    return kind === "exit" || index === undefined ? [] : [{ index, sign: kind === "sell" ? 1 : -1 }];
  });
  const read = pair.scale === "log" ? Math.log : (price: number) => price;
  const made = (from: number, to: number, sign: number): number | null => {
    const [a, b, laterA, laterB] = [price_a[from], price_b[from], price_a[to], price_b[to]];
    const slope = beta[from];
    if (a == null || b == null || laterA == null || laterB == null || slope == null) return null;
    const change = read(laterA) - read(a) - slope * (read(laterB) - read(b));
    // A change of logarithms is one of each leg's worth.
    const gross = pair.scale === "log" ? 1 + Math.abs(slope) : a + Math.abs(slope) * b;
    return (-sign * change * 10_000) / gross;
  };
  const horizons = Array.from({ length: HORIZON_BARS }, (_, index): Horizon => {
    const bars = index + 1;
    const z: number[] = [];
    const pnl: number[] = [];
    for (const start of starts) {
      const later = zscore[start.index + bars] ?? null;
      const gain = made(start.index, start.index + bars, start.sign);
      if (later === null || gain === null) continue;
      z.push(start.sign * later);
      pnl.push(gain);
    }
    const gained = pnl.length === 0 ? null : pnl.filter((gain) => gain > 0).length / pnl.length;
    return { bars, n: pnl.length, z: quantiles(z, SHARES), pnl: quantiles(pnl, SHARES), gained };
  });
  return { entries: starts.length, bars: zscore.filter((value) => value !== null).length, horizons };
}

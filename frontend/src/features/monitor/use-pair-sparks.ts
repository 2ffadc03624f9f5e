import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { recentBarsQuery } from "@/api/queries";
import type { BarList, PairScan, ScannedPair } from "@/api/types";
import { intervalMs } from "@/lib/intervals";

const BARS = 60;
// Each costs the server a request, and the pairs of these are more than the panel shows at once.
const MOST_SYMBOLS = 8;
// Bars of a second would be asked for every second.
const LEAST_MS = 10_000;

/** What the pair's line leaves of the newest bars; null where a leg has none. */
export function sparkOf({ alpha, beta }: ScannedPair, a: BarList, b: BarList): (number | null)[] {
  const other = new Map(b.items.map(({ time, close }) => [time, close]));
  return a.items.map(({ time, close }) => {
    const price = other.get(time) ?? null;
    if (alpha === null || beta === null || close === null || price === null) return null;
    return Math.log(close) - alpha - beta * Math.log(price);
  });
}

/** The scan's pairs of its first symbols: what costs is a symbol's bars, not how many pairs they serve. */
export function pairsAsked(items: readonly ScannedPair[]): ScannedPair[] {
  const symbols = items.flatMap(({ symbol_a, symbol_b }) => [symbol_a, symbol_b]);
  const asked = new Set([...new Set(symbols)].slice(0, MOST_SYMBOLS));
  return items.filter(({ symbol_a, symbol_b }) => asked.has(symbol_a) && asked.has(symbol_b));
}

/** Sparklines of the scan's pairs, by `A/B`: the residuals of its line, renewed as bars close. */
export function usePairSparks(scan: PairScan | null): Map<string, (number | null)[]> {
  const every = Math.max(LEAST_MS, intervalMs(scan?.interval ?? "") ?? 0);
  const upTo = Math.floor((scan?.last_time ?? 0) / every);
  const pairs = useMemo(() => pairsAsked(scan?.items ?? []), [scan]);
  const names = [...new Set(pairs.flatMap(({ symbol_a, symbol_b }) => [symbol_a, symbol_b]))].sort();
  const bars = useQueries({
    queries: names.map((symbol) => ({
      ...recentBarsQuery(scan?.market ?? "", { symbol, interval: scan?.interval ?? "", limit: BARS, upTo }),
      // The last ones stay until the new ones are there.
      placeholderData: (before: BarList | undefined) => (before?.symbol === symbol ? before : undefined),
      gcTime: every,
    })),
    combine: (answers) =>
      new Map(answers.flatMap(({ data }) => (data ? [[data.symbol, data] as const] : []))),
  });
  return useMemo(() => {
    const sparks = new Map<string, (number | null)[]>();
    for (const pair of pairs) {
      const [a, b] = [bars.get(pair.symbol_a), bars.get(pair.symbol_b)];
      if (a && b) sparks.set(`${pair.symbol_a}/${pair.symbol_b}`, sparkOf(pair, a, b));
    }
    return sparks;
  }, [pairs, bars]);
}

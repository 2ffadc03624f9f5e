import type { Scale, SimulationTruth, StreamStatus, TruePair } from "@/api/types";

function isStreaming(status: StreamStatus, symbol: string): boolean {
  return status.symbols.some((item) => item.symbol === symbol && item.state !== "stopped");
}

export type FirstPair = { a: string; b: string; scale: Scale | null; window: number | null };
/** Bars of how many milliseconds are shown, and in windows of how many of them. */
type Bars = { stepMs: number | null; window: number };

// So many half-lives let the test find the relation: of windows of the simulated market's best pair 188 of 192 pass at
// 5 %, where of those of 12 half-lives, the default's 60 bars, every fifth does (seeds 1, 2, 3 and 7).
const HALF_LIVES = 60;
// For more bars than that one would have to wait when the market is opened.
const MOST_BARS = 1000;

/** The window in which a test can see that a pair belongs together; null where the one there is will do, or has to. */
function longerWindow({ half_life_s }: TruePair, { stepMs, window }: Bars): number | null {
  if (half_life_s === null || stepMs === null) return null;
  const wanted = Math.ceil((HALF_LIVES * 1000 * half_life_s) / stepMs);
  return wanted > window && wanted <= MOST_BARS ? wanted : null;
}

/**
 * The pair to open when the address names none: on a simulated market the cointegrated one with the shortest
 * half-life, best one whose legs stream, in a window that is long enough to see it; elsewhere the first two symbols.
 */
export function firstPair(
  truth: SimulationTruth | null,
  status: StreamStatus,
  available: readonly string[],
  bars: Bars,
): FirstPair | null {
  const offered = (symbol: string) => available.length === 0 || available.includes(symbol);
  const rank = (pair: TruePair) => {
    const streams = isStreaming(status, pair.symbol_a) && isStreaming(status, pair.symbol_b);
    return streams ? 0 : offered(pair.symbol_a) && offered(pair.symbol_b) ? 1 : 2;
  };
  const [best] = (truth?.pairs ?? [])
    .filter((pair) => pair.kind === "cointegrated")
    .sort((p, q) => rank(p) - rank(q) || (p.half_life_s ?? 0) - (q.half_life_s ?? 0));
  if (best) {
    const { symbol_a, symbol_b, scale } = best;
    return { a: symbol_a, b: symbol_b, scale, window: longerWindow(best, bars) };
  }
  const streaming = status.symbols.filter(({ state }) => state !== "stopped").map(({ symbol }) => symbol);
  const [a, b] = [...new Set([...streaming, ...available])];
  return a && b ? { a, b, scale: null, window: null } : null;
}

import type { Scale, SimulationTruth, StreamStatus, TruePair } from "@/api/types";

function isStreaming(status: StreamStatus, symbol: string): boolean {
  return status.symbols.some((item) => item.symbol === symbol && item.state !== "stopped");
}

export type FirstPair = { a: string; b: string; scale: Scale | null };

/**
 * The pair to open when the address names none: on a simulated market the cointegrated one with the shortest
 * half-life, best one whose legs stream; elsewhere the first two symbols.
 */
export function firstPair(
  truth: SimulationTruth | null,
  status: StreamStatus,
  available: readonly string[],
): FirstPair | null {
  const offered = (symbol: string) => available.length === 0 || available.includes(symbol);
  const rank = (pair: TruePair) => {
    const streams = isStreaming(status, pair.symbol_a) && isStreaming(status, pair.symbol_b);
    return streams ? 0 : offered(pair.symbol_a) && offered(pair.symbol_b) ? 1 : 2;
  };
  const [best] = (truth?.pairs ?? [])
    .filter((pair) => pair.kind === "cointegrated")
    .sort((p, q) => rank(p) - rank(q) || (p.half_life_s ?? 0) - (q.half_life_s ?? 0));
  if (best) return { a: best.symbol_a, b: best.symbol_b, scale: best.scale };
  const streaming = status.symbols.filter(({ state }) => state !== "stopped").map(({ symbol }) => symbol);
  const [a, b] = [...new Set([...streaming, ...available])];
  return a && b ? { a, b, scale: null } : null;
}

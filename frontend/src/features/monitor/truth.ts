import type { Scale, SimulationTruth, StreamStatus, TruePair } from "@/api/types";

/** The truth about a pair in the order in which it is shown. */
export type PairTruth = Pick<TruePair, "kind" | "scale" | "alpha" | "beta" | "half_life_s">;

function reversed({ kind, scale, alpha, beta, half_life_s }: TruePair): PairTruth {
  // y = α + β·x + s is x = −α/β + y/β − s/β: the half-life stays.
  const invertible = alpha !== null && beta !== null && beta !== 0;
  return {
    kind,
    scale,
    half_life_s,
    alpha: invertible ? -alpha / beta : null,
    beta: invertible ? 1 / beta : null,
  };
}

/** What is known about a pair of the simulated market; null when it lists nothing about it. */
export function truthFor(truth: SimulationTruth | null, a: string, b: string): PairTruth | null {
  const pair = truth?.pairs.find(({ symbol_a, symbol_b }) => symbol_a === a && symbol_b === b);
  if (pair) return pair;
  const other = truth?.pairs.find(({ symbol_a, symbol_b }) => symbol_a === b && symbol_b === a);
  return other ? reversed(other) : null;
}

export function isStreaming(status: StreamStatus, symbol: string): boolean {
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

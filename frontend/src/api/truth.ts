import type { SimulationTruth, TruePair } from "./types";

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

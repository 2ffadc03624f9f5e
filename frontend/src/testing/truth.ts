import type { SimulationTruth, TruePair } from "@/api/types";

/** A pair of the simulated market: y = 6 + 2·x. */
export function truePair(a: string, b: string, part: Partial<TruePair> = {}): TruePair {
  return {
    symbol_a: a,
    symbol_b: b,
    kind: "cointegrated",
    scale: "level",
    alpha: 6,
    beta: 2,
    noise_sd: 1,
    half_life_s: 600,
    correlation: null,
    ...part,
  };
}

/** Two cointegrated pairs of different speed, and one that only moves together. */
export const TRUTH: SimulationTruth = {
  market: "sim-7",
  seed: 7,
  pairs: [
    truePair("A", "B", { half_life_s: 900 }),
    truePair("C", "D", { half_life_s: 300 }),
    truePair("E", "F", { kind: "correlated", alpha: null, beta: null, half_life_s: null }),
  ],
};

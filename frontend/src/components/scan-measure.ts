import { fixed, pValue, signed } from "@/lib/format";
import type { MatrixCell } from "./pair-matrix";

/** What a matrix can colour its pairs by. */
export const MEASURES = ["p_value", "q_value", "correlation", "zscore"] as const;
export type Measure = (typeof MEASURES)[number];
export type Measured = { readonly [Key in Measure]: number | null };

export const MEASURE_NAMES: Record<Measure, string> = {
  p_value: "p",
  q_value: "q",
  correlation: "Correlation",
  zscore: "z",
};

// From here on a deviation has the full colour.
const FULL_Z = 3;
// Steps of significance, so that a glance tells them apart.
const STEPS: readonly [number, number][] = [
  [0.001, 1],
  [0.01, 0.75],
  [0.05, 0.5],
  [0.1, 0.2],
];

function probability(name: string, value: number): MatrixCell {
  const strength = STEPS.find(([level]) => value < level)?.[1] ?? 0;
  const text = value < 0.001 ? "<.001" : value >= 0.1 ? fixed(value, 1) : fixed(value, 3).replace(/^0/, "");
  return { text, says: `${name} ${pValue(value)}`, strength, tone: "leg-a" };
}

function swing(name: string, value: number, full: number, decimals: number): MatrixCell {
  const text = signed(value, decimals);
  const strength = Math.min(1, Math.abs(value) / full);
  return { text, says: `${name} ${text}`, strength, tone: value < 0 ? "down" : "up" };
}

/** A pair's cell by one measure; null where it has no number. */
export function matrixCell(measure: Measure, row: Measured | undefined): MatrixCell | null {
  const value = row?.[measure] ?? null;
  if (value === null) return null;
  switch (measure) {
    case "p_value":
      return probability("p", value);
    case "q_value":
      return probability("q", value);
    case "correlation":
      return swing("correlation", value, 1, 2);
    case "zscore":
      return swing("z", value, FULL_Z, 1);
  }
}

import type { ScannedPair } from "@/api/types";
import { csvText } from "@/lib/csv";
import type { Filters } from "./scan-state";

export const pairKey = ({ symbol_a, symbol_b }: ScannedPair) => `${symbol_a}/${symbol_b}`;

export function isTested({ status }: ScannedPair): boolean {
  return status === "ok" || status === "near_perfect";
}

const atMost = (value: number | null, most: number | null) =>
  most === null || (value !== null && value <= most);
const atLeast = (value: number | null, least: number | null) =>
  least === null || (value !== null && value >= least);

/** Whether a pair is among those wanted; a number that lacks meets no bound. */
export function passes(row: ScannedPair, filters: Filters): boolean {
  const { p, q, halfLifeFrom, halfLifeTo, correlation, holdout, status } = filters;
  const size = row.correlation === null ? null : Math.abs(row.correlation);
  return (
    atMost(row.p_value, p) &&
    atMost(row.q_value, q) &&
    atLeast(row.half_life, halfLifeFrom) &&
    atMost(row.half_life, halfLifeTo) &&
    atLeast(size, correlation) &&
    (holdout === null || row.holdout === holdout) &&
    (status === null || isTested(row) === (status === "tested"))
  );
}

const FIELDS = [
  "symbol_a",
  "symbol_b",
  "alpha",
  "beta",
  "statistic",
  "statistic_xy",
  "direction",
  "p_value",
  "p_calibrated",
  "q_value",
  "lags",
  "half_life",
  "half_life_seconds",
  "correlation",
  "zscore",
  "holdout",
  "holdout_p",
  "holdout_q",
  "status",
  "reason",
] as const satisfies readonly (keyof ScannedPair)[];

/** The rows as a file, with all the digits and the server's names. */
export function scanCsv(rows: readonly ScannedPair[]): string {
  return csvText(
    FIELDS,
    rows.map((row) => FIELDS.map((name) => row[name])),
  );
}

import { describe, expect, test } from "vitest";
import type { SimulationTruth, TruePair } from "@/api/types";
import { streamStatus, symbolStatus } from "@/testing/builders";
import { firstPair, truthFor } from "./truth";

function truePair(a: string, b: string, part: Partial<TruePair> = {}): TruePair {
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

const truth: SimulationTruth = {
  market: "sim-7",
  seed: 7,
  pairs: [
    truePair("A", "B", { half_life_s: 900 }),
    truePair("C", "D", { half_life_s: 300 }),
    truePair("E", "F", { kind: "correlated", alpha: null, beta: null, half_life_s: null }),
  ],
};
const streams = (...names: string[]) =>
  streamStatus({ symbols: names.map((name) => symbolStatus(name)), running: names.length > 0 });

describe("the first pair", () => {
  test("is the fastest cointegrated one when nothing streams", () => {
    expect(firstPair(truth, streams(), [])).toEqual({ a: "C", b: "D", scale: "level" });
  });

  test("is rather one whose legs stream", () => {
    expect(firstPair(truth, streams("A", "B", "C"), [])).toMatchObject({ a: "A", b: "B" });
  });

  test("is rather one that this server offers", () => {
    expect(firstPair(truth, streams(), ["A", "B"])).toMatchObject({ a: "A", b: "B" });
  });

  test("without a truth is the first two that stream, then that are offered", () => {
    expect(firstPair(null, streams("X"), ["P", "X", "Q"])).toEqual({ a: "X", b: "P", scale: null });
    expect(firstPair(null, streams(), ["P"])).toBeNull();
  });

  test("leaves stopped symbols alone", () => {
    const status = streamStatus({ symbols: [symbolStatus("X", { state: "stopped" }), symbolStatus("Y")] });
    expect(firstPair(null, status, ["Z"])).toMatchObject({ a: "Y", b: "Z" });
  });
});

describe("the truth of a pair", () => {
  test("is turned round for the pair the other way", () => {
    // A = 6 + 2·B is B = −3 + A/2.
    expect(truthFor(truth, "B", "A")).toMatchObject({ alpha: -3, beta: 0.5, half_life_s: 900 });
    expect(truthFor(truth, "A", "B")).toMatchObject({ alpha: 6, beta: 2 });
  });

  test("is unknown for a pair that is not listed, or without a truth", () => {
    expect(truthFor(truth, "A", "C")).toBeNull();
    expect(truthFor(null, "A", "B")).toBeNull();
  });

  test("of a pair without β has none", () => {
    expect(truthFor(truth, "F", "E")).toMatchObject({ kind: "correlated", beta: null, alpha: null });
  });
});

import { describe, expect, test } from "vitest";
import { TRUTH as truth } from "@/testing/truth";
import { truthFor } from "./truth";

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

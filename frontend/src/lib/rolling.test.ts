import { expect, test } from "vitest";
import { movingAverage, rebased } from "./rolling";

test("an average needs all its values", () => {
  expect(movingAverage([1, 2, 3, 6], 3)).toEqual([null, null, 2, 11 / 3]);
  expect(movingAverage([1, null, 3, 6, 9], 2)).toEqual([null, null, null, 4.5, 7.5]);
});

test("rebasing makes the base 100, and knows nothing without one", () => {
  expect(rebased([50, 55, null], 50)).toEqual([100, 110, null]);
  expect(rebased([1, 2], null)).toEqual([null, null]);
  expect(rebased([1, 2], 0)).toEqual([null, null]);
});

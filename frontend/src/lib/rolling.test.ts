import { expect, test } from "vitest";
import { movingAverage, rebased } from "./rolling";

test("an average needs all its values", () => {
  expect(movingAverage([1, 2, 3, 6], 3)).toEqual([null, null, 2, 11 / 3]);
  expect(movingAverage([1, null, 3, 6, 9], 2)).toEqual([null, null, null, 4.5, 7.5]);
});

test("rebasing makes the base 100, and knows nothing without one", () => {
  expect(rebased([50, 100, null], 50)).toEqual([100, 200, null]);
  const prices = Array.from({ length: 1000 }, (_, index) => (index + 1) / 1000);
  expect(prices.map((price) => rebased([price], price)[0])).toEqual(prices.map(() => 100));
  expect(rebased([1, 2], null)).toEqual([null, null]);
  expect(rebased([1, 2], 0)).toEqual([null, null]);
});

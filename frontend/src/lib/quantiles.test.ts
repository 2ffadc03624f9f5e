import { expect, test } from "vitest";
import { quantiles } from "./quantiles";

test.each([
  [
    [3, 1, 2],
    [0, 0.5, 1],
    [1, 2, 3],
  ],
  [
    [1, 2, 3, 10],
    [0.25, 0.5],
    [1.75, 2.5],
  ],
  [[7], [0.1, 0.9], [7, 7]],
  [[], [0.5], [null]],
])("of %j at %j are %j", (values, shares, wanted) => {
  expect(quantiles(values, shares)).toEqual(wanted);
});

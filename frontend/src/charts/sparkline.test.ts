import { expect, test } from "vitest";
import { sparkPath } from "./sparkline";

test("fills its box, and a hole breaks the line", () => {
  expect(sparkPath([0, 10, null, 5, 0], 43, 23)).toBe("M1.5 21.5L11.5 1.5M31.5 11.5L41.5 21.5");
});

test("what does not move lies in the middle, and one value is no line", () => {
  expect(sparkPath([3, 3], 13, 20)).toBe("M1.5 10.0L11.5 10.0");
  expect(sparkPath([null, 3], 13, 20)).toBe("");
});

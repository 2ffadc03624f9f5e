import { describe, expect, test } from "vitest";
import { keptOrder, sortedBy } from "./ordering";

const rows = [
  { key: "b", value: 2 },
  { key: "d", value: null },
  { key: "c", value: -1 },
  { key: "a", value: 2 },
];
const order = (direction: "ascending" | "descending") =>
  sortedBy(
    rows,
    ({ value }) => value,
    ({ key }) => key,
    direction,
  )
    .map(({ key }) => key)
    .join("");

test("equal values stand by their key, absent ones last in either direction", () => {
  expect(order("ascending")).toBe("cabd");
  expect(order("descending")).toBe("abcd");
});

describe("an update", () => {
  test("moves nothing that was there", () => {
    expect(keptOrder(["a", "b", "c"], ["c", "b", "a"])).toEqual(["a", "b", "c"]);
  });
  test("puts what is new behind what it follows, and drops what left", () => {
    expect(keptOrder(["a", "b", "c"], ["new", "c", "fresh", "other", "a"])).toEqual([
      "new",
      "a",
      "c",
      "fresh",
      "other",
    ]);
    expect(keptOrder([], ["b", "a"])).toEqual(["b", "a"]);
  });
});

import { expect, test } from "vitest";
import { bar, MINUTE, T0 } from "@/testing/builders";
import { barsUsed } from "./bars-used";

const span = { start: T0, end: T0 + 4 * MINUTE, step: MINUTE };
const bars = (...indexes: number[]) => indexes.map((index) => bar(index));

test("every bar of the span has a row, the newest first; what is outside has none", () => {
  const { rows, all } = barsUsed(span, bars(-1, 0, 1, 2, 3, 4), bars(0, 1, 2, 3));
  expect(rows.map(({ time }) => (time - T0) / MINUTE)).toEqual([3, 2, 1, 0]);
  expect(rows[0]).toMatchObject({ a: 103, b: 103, qualityA: "complete", qualityB: "complete" });
  expect(all).toBe(4);
});

test("a bar that is missing in between is a gap", () => {
  const { rows } = barsUsed(span, bars(0, 1, 3), bars(0, 1, 2, 3));
  expect(rows[1]).toEqual({ time: T0 + 2 * MINUTE, a: null, qualityA: "gap", b: 102, qualityB: "complete" });
});

test("of a span that begins before what is held, only what is held of both legs is shown, and all is counted", () => {
  const { rows, all } = barsUsed(span, bars(1, 2, 3), bars(2, 3));
  expect(rows.map(({ time }) => (time - T0) / MINUTE)).toEqual([3, 2]);
  expect(all).toBe(4);
  expect(barsUsed(span, [], bars(0, 1, 2, 3))).toEqual({ rows: [], all: 4 });
});

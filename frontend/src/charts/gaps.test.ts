import { describe, expect, test } from "vitest";
import { bar, MINUTE, T0 } from "@/testing/builders";
import { gapSpans } from "./gaps";
import { pointsFrom } from "./lightweight/points";
import { type LineSeries, valueAt } from "./series";

const at = (index: number) => T0 + index * MINUTE;
const gap = (index: number) => bar(index, { open: null, high: null, low: null, close: null, quality: "gap" });

function line(value: (number | null)[], time = value.map((_, index) => at(index))): LineSeries {
  return {
    kind: "line",
    key: "l",
    label: "l",
    column: "l",
    style: "line",
    shares: false,
    color: "text",
    axis: "right",
    dashed: false,
    drawn: true,
    time,
    value,
    format: String,
  };
}

describe("gap spans", () => {
  test("join consecutive gap bars of either leg, and missing bars", () => {
    const a = [bar(0), gap(1), gap(2), bar(3), bar(6)];
    const b = [bar(0), bar(1), bar(2), gap(3), bar(4), bar(5), bar(6)];
    expect(gapSpans([a, b], MINUTE)).toEqual([{ from: at(1), to: at(5), bars: 5 }]);
  });

  test("quiet bars are no gap", () => {
    expect(gapSpans([[bar(0), bar(1, { quality: "quiet" }), bar(2)]], MINUTE)).toEqual([]);
  });
});

describe("points of a line", () => {
  test("the last one before a hole has no segment, the hole is whitespace", () => {
    const points = pointsFrom(line([1, 2, null, 4]), 0, MINUTE);
    expect(points).toEqual([
      { time: at(0) / 1000, value: 1 },
      { time: at(1) / 1000, value: 2, color: "transparent" },
      { time: at(2) / 1000 },
      { time: at(3) / 1000, value: 4 },
    ]);
  });

  test("each missing bar has its place on the axis", () => {
    const points = pointsFrom(line([1, 4], [at(0), at(3)]), 0, MINUTE);
    expect(points.map(({ time }) => Number(time) * 1000)).toEqual([at(0), at(1), at(2), at(3)]);
    expect(points[0]).toMatchObject({ color: "transparent" });
  });

  test("an update starts one row earlier, whose segment may have changed", () => {
    const points = pointsFrom(line([1, 2, 3, 4]), at(2), MINUTE);
    expect(points.map(({ time }) => Number(time) * 1000)).toEqual([at(1), at(2), at(3)]);
  });

  test("the newest value keeps its colour before a hole, until a value comes after it", () => {
    expect(pointsFrom(line([1, 2, null, null]), 0, MINUTE)[1]).toEqual({ time: at(1) / 1000, value: 2 });
    const points = pointsFrom(line([1, 2, null, null, 5]), at(4), MINUTE);
    expect(points).toEqual([
      { time: at(1) / 1000, value: 2, color: "transparent" },
      { time: at(2) / 1000 },
      { time: at(3) / 1000 },
      { time: at(4) / 1000, value: 5 },
    ]);
  });

  test("a long absence does not fill the axis without bound", () => {
    expect(pointsFrom(line([1, 2], [at(0), at(5_000_000)]), 0, MINUTE).length).toBeLessThan(2100);
  });

  test("a candle without prices is whitespace", () => {
    const candles = {
      kind: "candles",
      key: "c",
      label: "c",
      column: "c",
      color: "leg-a",
      format: String,
    } as const;
    const points = pointsFrom({ ...candles, candles: [bar(0), gap(1)] }, 0, MINUTE);
    expect(points[0]).toMatchObject({ open: 100, close: 100 });
    expect(points[1]).toEqual({ time: at(1) / 1000 });
  });
});

test("a value is read at exactly its time", () => {
  const series = line([1, null, 3]);
  expect(valueAt(series, at(2))).toBe(3);
  expect(valueAt(series, at(1))).toBeNull();
  expect(valueAt(series, at(2) + 1)).toBeNull();
  expect(valueAt(series, at(9))).toBeNull();
});

import { describe, expect, test } from "vitest";
import type { AlertFiring, AlertPreview } from "@/api/types";
import { MINUTE, T0 } from "@/testing/builders";
import { newCondition } from "./draft";
import { previewPane } from "./preview-pane";
import { symbolMetric } from "./preview-series";
import { firingsCsv, summaryOf } from "./preview-summary";

const at = (minute: number) => T0 + minute * MINUTE;
const firing = (minute: number, bar: number | null, lasted: number | null): AlertFiring => ({
  id: `f${minute}`,
  time: at(minute),
  reason: "z is high",
  ended_at: lasted === null ? null : at(minute + lasted),
  duration_s: lasted === null ? null : lasted * 60,
  at: 2.5,
  after: [1, null],
  evidence: bar === null ? [] : [{ bar_time: at(bar) } as AlertFiring["evidence"][number]],
});
const preview: AlertPreview = {
  ...{ market: "sim-7", as_of: at(100), start: at(0), end: at(100), moments: 100, count: 3 },
  ...{ firing_s: 600, suspended_s: 0, suspended_because: null, followed: "zscore", horizons: [1, 5] },
  afterwards: [],
  series: { metric: "zscore", unit: "", threshold: 2, time: [], value: [] },
  firings: [firing(2, 1, 1), firing(20, 19, 5), firing(96, 95, null)],
};
const subject = {
  ...{ a: "BTCUSDT", b: "ETHUSDT", interval: "1m", window: "60", entry: "2" },
  ...({ method: "ols", scale: "level" } as const),
};
const series = {
  ...{ metric: "zscore", interval: "1m", time: [0, 1, 2, 3].map(at), value: [1, 2.5, null, 0] },
};

test("a preview in figures", () => {
  expect(summaryOf(preview)).toEqual({ count: 3, span: 6000, every: 2000, share: 0.1, median: 300 });
  const none = { ...preview, count: 0, firing_s: 0, firings: [] };
  expect(summaryOf(none)).toMatchObject({ every: null, share: 0, median: null });
});

test("its firings as a file", () => {
  expect(firingsCsv(preview).split("\n").slice(0, 2)).toEqual([
    "time,ended_at,duration_s,reason,at,after_1,after_5",
    `${new Date(at(2)).toISOString()},${new Date(at(3)).toISOString()},60,z is high,2.5,1,`,
  ]);
});

describe("the chart", () => {
  const condition = newCondition(subject);

  test("marks each firing at the bar that decided it", () => {
    const pane = previewPane(condition, "1.5", series, [firing(2, 1, 1), firing(3, null, 1)]);
    expect(pane.markers.map(({ time, kind }) => [time, kind])).toEqual([
      [at(1), "fired"],
      [at(3), "fired"],
    ]);
    expect(pane.levels.map(({ value }) => value)).toEqual([2, 1.5]);
  });

  test("draws no threshold over a metric that it is not of", () => {
    const pane = previewPane({ ...condition, metric: "half_life", value: "60" }, "", series, []);
    expect(pane.levels).toEqual([]);
  });
});

describe("a symbol's metric from its bars", () => {
  const bars = { time: [0, 1, 2, 3].map(at), close: [100, 110, null, 121], volume: [1, 2, 3, 4] };

  test("return, volume and volatility, with nothing where a bar is missing", () => {
    expect(symbolMetric("return", bars, 1)).toEqual([null, expect.closeTo(0.1), null, null]);
    expect(symbolMetric("return", bars, 2)).toEqual([null, null, null, null]);
    expect(symbolMetric("volume", bars, 2)).toEqual([null, 3, 5, 7]);
    const whole = { ...bars, close: [100, 110, 110, 121] };
    const step = Math.log(1.1);
    const [, , third, fourth] = symbolMetric("volatility", whole, 2);
    expect(third).toBeCloseTo(step / Math.SQRT2);
    expect(fourth).toBeCloseTo(step / Math.SQRT2);
  });
});

import { describe, expect, test } from "vitest";
import type { AlertFiring, AlertPreview } from "@/api/types";
import { pointsFrom } from "@/charts/lightweight/points";
import { MINUTE, T0 } from "@/testing/builders";
import { previewPane } from "./preview-pane";
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
const series = {
  ...{ metric: "zscore", unit: "", threshold: 2, time: [0, 1, 2, 3].map(at), value: [1, 2.5, null, 0] },
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
  test("marks each firing at the bar that decided it", () => {
    const pane = previewPane(series, "1.5", [firing(2, 1, 1), firing(3, null, 1)]);
    expect(pane.markers.map(({ time, kind }) => [time, kind])).toEqual([
      [at(1), "fired"],
      [at(3), "fired"],
    ]);
    expect(pane.levels.map(({ value }) => value)).toEqual([2, 1.5]);
    expect(previewPane(series, "", []).levels).toHaveLength(1);
  });

  test("breaks where the server could use no value, not where it left a point out", () => {
    const thinned = { ...series, time: [0, 5, 6, 9].map(at) };
    const pane = previewPane(thinned, "", []);
    const [line] = pane.series;
    const points = line ? pointsFrom(line, 0, pane.step) : [];
    expect(points).toHaveLength(4);
    expect(points.map((point) => "color" in point)).toEqual([false, true, false, false]);
  });
});

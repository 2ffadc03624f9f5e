import type { IChartApi } from "lightweight-charts";
import { expect, test, vi } from "vitest";
import { MINUTE, T0 } from "@/testing/builders";
import type { Pane } from "../series";
import { readTheme } from "../theme";
import { StackedChart } from "./stacked-chart";

const made = vi.hoisted((): IChartApi[] => []);
vi.mock("lightweight-charts", async (original) => {
  const library = await original<typeof import("lightweight-charts")>();
  const createChart: typeof library.createChart = (element, options) => {
    // jsdom lays nothing out, so the size is given.
    const chart = library.createChart(element, { ...options, autoSize: false, width: 800, height: 400 });
    made.push(chart);
    return chart;
  };
  return { ...library, createChart };
});

/** A pane of one line from bar `first` up to bar 2999. */
function pane(first: number): Pane {
  const time = Array.from({ length: 3000 - first }, (_, index) => T0 + (first + index) * MINUTE);
  return {
    key: "spread",
    title: "Spread",
    weight: 1,
    step: MINUTE,
    series: [
      {
        kind: "line",
        key: "spread",
        label: "",
        column: "spread",
        color: "text",
        time,
        value: time.map((_, index) => index % 7),
        axis: "right",
        style: "line",
        dashed: false,
        shares: false,
        drawn: true,
        format: String,
      },
    ],
    levels: [],
    markers: [],
    marked: false,
    gaps: [],
  };
}

function drawn(first: number): { chart: StackedChart; library: IChartApi } {
  const element = document.createElement("div");
  document.body.append(element);
  const look = { theme: { ...readTheme(), ...COLORS }, zone: "utc", narrow: false } as const;
  const chart = new StackedChart(element, look, { onCrosshair: () => {}, onLayout: () => {} });
  chart.setPane(pane(first), null);
  const library = made.at(-1);
  if (!library) throw new Error("no chart was made");
  return { chart, library };
}

// Nothing is painted, but the library reads each colour.
const COLORS = Object.fromEntries(Object.keys(readTheme()).map((name) => [name, "black"])) as ReturnType<
  typeof readTheme
>;

// jsdom has no canvas: what is painted goes nowhere, and every text is ten pixels wide.
const nowhere = (canvas: HTMLCanvasElement) =>
  new Proxy(
    { canvas, measureText: () => ({ width: 10, actualBoundingBoxAscent: 8, actualBoundingBoxDescent: 2 }) },
    { get: (own, name) => Reflect.get(own, name) ?? (() => {}), set: () => true },
  );
const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

test("a new chart with fewer bars of the past shows the same bars at the same width", async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addListener: () => {}, removeListener: () => {} }));
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (this: HTMLCanvasElement) {
    return nowhere(this) as unknown as null;
  });
  const before = drawn(0);
  before.library.timeScale().applyOptions({ barSpacing: 9 });
  before.library.timeScale().scrollToPosition(-200, false);
  await frame();
  const seen = before.library.timeScale().getVisibleRange();
  expect(seen?.to).toBe((T0 + 2799 * MINUTE) / 1000);
  const after = drawn(1500);
  after.chart.restore(before.chart.position());
  await frame();
  expect(after.library.timeScale().getVisibleRange()).toEqual(seen);
  for (const { chart } of [before, after]) chart.dispose();
});

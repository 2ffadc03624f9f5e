import { expect, test } from "vitest";
import { paneFigure } from "@/charts/plotly/pane-figure";
import { readTheme } from "@/charts/theme";
import { bar, barList, clientConfig, MINUTE, pairData, T0 } from "@/testing/builders";
import { hedgeFigure } from "./hedge-figure";
import { legendText } from "./legend";
import { PANE_KEYS, paneModel } from "./pane-models";
import { fittedPoints, regressionFigure } from "./regression-figure";
import { parseView } from "./view-state";

const config = clientConfig();
const view = { ...parseView("", config), a: "BTCUSDT", b: "ETHUSDT" };
const data = {
  a: barList([bar(0), bar(1), bar(2)]),
  b: barList([bar(0), bar(1), bar(2)], { symbol: "ETHUSDT" }),
  pair: pairData(),
};
const decimals = { a: 1, b: 2 };
const look = { theme: readTheme(), compact: false };
const seriesOf = (pane: ReturnType<typeof paneModel>, key: string) => {
  const series = pane.series.find((item) => item.key === key);
  if (!series) throw new Error(`no series ${key}`);
  return series;
};

test("the spread pane has the deviation between its bands, and the API's values in its legend", () => {
  const pane = paneModel("spread", view, data, decimals);
  const at = T0 + 2 * MINUTE;
  expect(legendText(seriesOf(pane, "deviation"), at, false)).toBe("12.5");
  expect(legendText(seriesOf(pane, "upper"), at, false)).toBe("20.0");
  expect(legendText(seriesOf(pane, "lower"), at, false)).toBe("−20.0");
  expect(legendText(seriesOf(pane, "spread"), at, false)).toBe("1,012.5");
  expect(legendText(seriesOf(pane, "mean"), at, false)).toBe("1,000.0");
});

test("without a time the legend shows the newest row, at an unknown time a dash", () => {
  const pane = paneModel("price", view, data, decimals);
  expect(legendText(seriesOf(pane, "a"), null, false)).toBe("O 102.0 H 103.0 L 101.0 C 102.0");
  expect(legendText(seriesOf(pane, "a"), null, true)).toBe("102.0");
  expect(legendText(seriesOf(pane, "b"), T0 + 1, false)).toBe("–");
});

test("thresholds of the view are the levels of the z pane", () => {
  const pane = paneModel("zscore", { ...view, entry: 3, exit: 1 }, data, decimals);
  expect(pane.levels.map(({ value }) => value)).toEqual([3, 1, -1, -3]);
});

test.each(PANE_KEYS)("%s: Plotly gets the same rows as the live pane", (key) => {
  const pane = paneModel(key, view, data, decimals);
  const figure = paneFigure(pane, look, "utc");
  expect(figure.data).toHaveLength(pane.series.length);
  for (const trace of figure.data) expect(trace.x).toHaveLength(3);
  expect(paneModel(key, view, { a: null, b: null, pair: null }, decimals).series).toHaveLength(
    pane.series.length,
  );
});

test("the scatter holds the fit's bars alone: the newest one is apart", () => {
  expect(fittedPoints(pairData())).toEqual({ x: [10, 11], y: [100, 101] });
  const [points, fit, newest] = regressionFigure(pairData(), look).data;
  expect(points?.x).toEqual([10, 11]);
  expect(fit?.y).toEqual([1000 + 18.123456 * 10, 1000 + 18.123456 * 11]);
  expect([newest?.x, newest?.y]).toEqual([[12], [103]]);
});

test("on the log scale the scatter is of logarithms", () => {
  const { x } = fittedPoints(pairData({ scale: "log" }));
  expect(x[0]).toBeCloseTo(Math.log(10), 12);
});

test("the true hedge ratio is drawn where it is known on this scale", () => {
  const truth = { kind: "cointegrated", scale: "level", alpha: 1, beta: 18, half_life_s: 300 } as const;
  expect(hedgeFigure(pairData(), truth, look, "utc").data[1]?.y).toEqual([18, 18]);
  expect(hedgeFigure(pairData({ scale: "log" }), truth, look, "utc").data).toHaveLength(1);
  expect(hedgeFigure(pairData(), null, look, "utc").data).toHaveLength(1);
});

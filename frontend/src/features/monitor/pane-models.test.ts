import { expect, test } from "vitest";
import { paneFigure } from "@/charts/plotly/pane-figure";
import { paneTable, tableCsv } from "@/charts/table";
import { readTheme } from "@/charts/theme";
import { bar, barList, clientConfig, MINUTE, pairData, T0 } from "@/testing/builders";
import { hedgeFigure } from "./hedge-figure";
import { hedgeTable } from "./hedge-history";
import { legendText } from "./legend";
import { PANE_KEYS, paneModel } from "./pane-models";
import { fittedPoints, regressionFigure } from "./regression-figure";
import { regressionCaption, regressionTable } from "./regression-scatter";
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
  expect(pane.levels.map(({ value }) => value)).toEqual([4, 3, 1, -1, -3, -4]);
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

test("Plotly gets the markers of the live pane, a trace for each kind", () => {
  const markers = [
    { time: T0, value: 2.5, kind: "sell" },
    { time: T0 + MINUTE, value: 0.2, kind: "exit" },
    { time: T0 + 2 * MINUTE, value: 2.25, kind: "sell" },
  ] as const;
  const pane = { ...paneModel("zscore", view, data, decimals), markers };
  const marks = paneFigure(pane, look, "utc").data.slice(pane.series.length);
  expect(marks.map(({ name, y }) => [name, y])).toEqual([
    ["Sell the spread", [2.5, 2.25]],
    ["Exit", [0.2]],
  ]);
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

test("averages and volume are added to leg A's candles, and to its file", () => {
  const bars = Array.from({ length: 25 }, (_, index) => bar(index));
  const full = { ...data, a: barList(bars) };
  const pane = paneModel("price", view, full, decimals, { averages: [20, 60], volume: true });
  const last = T0 + 24 * MINUTE;
  expect(legendText(seriesOf(pane, "average-20"), last, false)).toBe("114.5");
  expect(legendText(seriesOf(pane, "average-60"), last, false)).toBe("–");
  expect(legendText(seriesOf(pane, "volume"), last, false)).toBe("2.000");
  const head = tableCsv(paneTable(pane)).split("\n")[0];
  expect(head).toContain("BTCUSDT_close,ETHUSDT_close,BTCUSDT_sma20,BTCUSDT_sma60,BTCUSDT_volume");
});

test("an average knows nothing of the bars after it", () => {
  const bars = Array.from({ length: 25 }, (_, index) => bar(index));
  const averageAt = (last: number, of: typeof bars) => {
    const pane = paneModel("price", view, { ...data, a: barList(of) }, decimals, {
      averages: [5],
      volume: false,
    });
    return legendText(seriesOf(pane, "average-5"), T0 + last * MINUTE, false);
  };
  for (const last of [4, 11, 19]) {
    expect(averageAt(last, bars)).toBe(averageAt(last, bars.slice(0, last + 1)));
  }
  const changed = bars.map((one, index) => (index > 11 ? { ...one, close: 1e6 } : one));
  expect(averageAt(11, changed)).toBe("109.0");
});

test("compared symbols start at 100 where all of them have a price", () => {
  const late = barList([
    bar(0, { close: null, quality: "gap" }),
    bar(1, { close: 50 }),
    bar(2, { close: 60 }),
  ]);
  const others = new Map([["SOLUSDT", late]]);
  const compared = { ...view, compare: ["SOLUSDT"] };
  const pane = paneModel("price", compared, { ...data, others }, decimals);
  const read = (key: string, index: number) => legendText(seriesOf(pane, key), T0 + index * MINUTE, false);
  expect(["BTCUSDT", "ETHUSDT", "SOLUSDT"].map((key) => read(key, 1))).toEqual([
    "100.00",
    "100.00",
    "100.00",
  ]);
  expect(read("SOLUSDT", 0)).toBe("–");
  expect(read("SOLUSDT", 2)).toBe("120.00");
  expect(read("BTCUSDT", 2)).toBe("100.99");
});

test("the tables of the statistical charts have the numbers that are drawn", () => {
  expect(tableCsv(hedgeTable(pairData())).split("\n").at(-2)).toBe("2025-11-22T13:54:00.000Z,18.1,1000");
  const [head, first] = tableCsv(regressionTable(pairData())).split("\n");
  expect(head).toBe("time,ETHUSDT,BTCUSDT,fitted,residual");
  expect(first).toBe(
    `2025-11-22T13:52:00.000Z,10,100,${1000 + 18.123456 * 10},${100 - (1000 + 18.123456 * 10)}`,
  );
});

test("a window that is longer than what the page holds says how much of it is drawn", () => {
  expect(regressionCaption(pairData())).toBeNull();
  const longer = pairData({ first_time: T0 - 1998 * MINUTE });
  expect(regressionCaption(longer)).toBe(
    "The newest 2 of the window’s 2,000 bars; the line is fitted to all.",
  );
  expect(regressionCaption(pairData({ first_time: null }))).toBeNull();
});

import { expect, test } from "vitest";
import { pairLab } from "@/testing/lab-builders";
import { bandOutline, betaFigure, histogramFigure, middles, normalCounts, scatterFigure } from "./figures";
import { autocorrelationTable, betaTable, histogramTable } from "./tables";

const theme = new Proxy({} as never, { get: (_, name) => `#${String(name)}` });
const look = { theme, compact: true };

test("a band is closed around each stretch without a hole", () => {
  expect(bandOutline(["1", "2", "3", "4"], [0, 1, null, 3], [5, 6, 7, 8])).toEqual({
    x: ["1", "2", "2", "1", null, "4", "4", null],
    y: [5, 6, 1, 0, null, 8, 3, null],
  });
});

test("every method has its line through the window's prices", () => {
  const lab = pairLab();
  const lines = scatterFigure(lab, look).data.slice(1);
  expect(lines.map(({ name }) => name)).toEqual(["OLS", "Kalman"]);
  const [from, to] = [Math.min(...(lab.residuals.x as number[])), Math.max(...(lab.residuals.x as number[]))];
  expect(lines[0]).toMatchObject({ x: [from, to], y: [2 + 3 * from, 2 + 3 * to] });
});

test("a method without a line has none drawn", () => {
  const [fit] = pairLab().fits;
  const lab = pairLab({ fits: fit ? [{ ...fit, alpha: null, beta: null }] : [] });
  expect(scatterFigure(lab, look).data[1]).toMatchObject({ x: [], y: [] });
});

test("the normal curve has the area of the bars", () => {
  const lab = pairLab();
  expect(middles(lab)).toEqual([-1.5, -0.5, 0.5, 1.5]);
  const counts = normalCounts(lab).map((count) => count ?? 0);
  expect(counts[1]).toBeCloseTo(10 * 0.3521, 3);
  expect(histogramFigure(lab, look).data[0]).toMatchObject({ y: [1, 4, 4, 1], width: [1, 1, 1, 1] });
});

test("only the chosen method's band is in the panel; alone, all are in the legend", () => {
  const bands = (compact: boolean) =>
    betaFigure(pairLab(), { theme, compact }, "utc").data.filter(({ name }) => name.endsWith("95 %"));
  expect(bands(true).map(({ name }) => name)).toEqual(["OLS 95 %"]);
  expect(bands(false).map(({ visible }) => visible)).toEqual([true, "legendonly"]);
});

test("tables have what the charts draw, by time, bin or lag", () => {
  const lab = pairLab();
  const beta = betaTable(lab);
  const [first = 0] = beta.times;
  expect(beta.columns.map(({ name, value }) => [name, value(first)])).toEqual([
    ["ols_beta", 3],
    ["ols_low", 2.5],
    ["ols_high", 3.5],
    ["kalman_beta", 3.1],
    ["kalman_low", null],
    ["kalman_high", null],
  ]);
  expect(histogramTable(lab).columns.map(({ value }) => value(4))).toEqual([
    1,
    2,
    1.5,
    1,
    expect.any(Number),
  ]);
  expect(autocorrelationTable(lab).columns.map(({ value }) => value(2))).toEqual([0.25, 0.6]);
});

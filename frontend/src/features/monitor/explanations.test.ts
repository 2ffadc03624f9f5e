import { expect, test } from "vitest";
import { clientConfig, MINUTE, pairData, T0 } from "@/testing/builders";
import { explanationOf, type NumberKey, snippetFor, spanOf } from "./explanations";
import { parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
const pair = pairData({ window: 60 });
const KEYS: NumberKey[] = ["beta", "spread", "zscore", "correlation", "adf", "half_life", "quality"];

test.each(KEYS)("%s says what it is, from which inputs, and with which method", (key) => {
  const explanation = explanationOf(key, pair, view);
  expect(explanation.title).toContain("OLS, window 60, level, 1m");
  expect(explanation.says.length).toBeGreaterThan(40);
  expect(explanation.inputs.length).toBeGreaterThan(0);
  expect(key === "quality" || explanation.formula !== null).toBe(true);
});

test("the inputs of z are those of its formula", () => {
  const { inputs } = explanationOf("zscore", pairData({ spread: 103 - 12 * 18 }), view);
  expect(Object.fromEntries(inputs.map(({ name, value }) => [name, value]))).toEqual({
    y: 103,
    x: 12,
    α: 1000,
    β: 18.123456,
    σ: 10,
  });
});

test("the number itself stands below its inputs", () => {
  expect(explanationOf("zscore", pair, view).result).toEqual({ name: "z", value: 1.25 });
  expect(explanationOf("spread", pair, view).result).toEqual({ name: "spread", value: 1012.5 });
});

test("on the log scale the inputs are logarithms", () => {
  const { inputs } = explanationOf("spread", pairData({ scale: "log" }), view);
  expect(inputs[0]?.value).toBeCloseTo(Math.log(103), 12);
});

test("the snippet asks for the window and the newest closed bar, and prints the number", () => {
  expect(spanOf(pair)).toEqual({ start: T0, end: T0 + 3 * MINUTE });
  const text = snippetFor(explanationOf("zscore", pair, view), pair, "http://127.0.0.1:8000") ?? "";
  expect(text).toContain(`start=${T0}&end=${T0 + 3 * MINUTE}&limit=3"`);
  expect(text).toContain('analyse_pair(y, x, window=60, method="ols", scale="level")');
  expect(text).toContain("print(pair.zscore)");
  expect(text).toContain("http://127.0.0.1:8000/data/");
});

test("of a filter the snippet asks for all bars from its formation on", () => {
  const first = T0 - 2000 * MINUTE;
  const filtered = pairData({ method: "kalman", parameters: { formation_first: first } });
  const text = snippetFor(explanationOf("beta", filtered, view), filtered, "") ?? "";
  expect(text).toContain(`start=${first}&end=${T0 + 3 * MINUTE}&limit=2003"`);
});

test("there is no snippet without bars, nor for what is only counted", () => {
  const empty = pairData({ first_time: null });
  expect(snippetFor(explanationOf("beta", empty, view), empty, "")).toBeNull();
  expect(snippetFor(explanationOf("quality", pair, view), pair, "")).toBeNull();
});

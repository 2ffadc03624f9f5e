import { expect, test } from "vitest";
import { bar, barList, clientConfig, MINUTE, pairData, T0 } from "@/testing/builders";
import { explanationOf, lastBar, lastPriceExplanation, type PairNumber, spanOf } from "./explanations";
import { lastPriceSnippet, pairSnippet, type Server } from "./snippets";
import { parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
const pair = pairData({ window: 60 });
const open = { base: "http://127.0.0.1:8000", asksWho: false };
const KEYS: PairNumber[] = ["beta", "spread", "zscore", "correlation", "adf", "half_life", "quality"];

test.each(KEYS)("%s says what it is, from which inputs, and with which method", (key) => {
  const explanation = explanationOf(key, pair, view);
  expect(explanation.title).toContain("OLS, window 60, level, 1m");
  expect(explanation.says.length).toBeGreaterThan(40);
  expect(explanation.inputs.length).toBeGreaterThan(0);
  expect(explanation.formula.length).toBeGreaterThan(10);
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
  expect(spanOf(pair)).toEqual({ start: T0, end: T0 + 3 * MINUTE, step: MINUTE });
  const text = pairSnippet("zscore", pair, open) ?? "";
  expect(text).toContain(`start=${T0}&end=${T0 + 3 * MINUTE}&limit=3"`);
  expect(text).toContain('analyse_pair(y, x, window=60, method="ols", scale="level")');
  expect(text).toContain("print(pair.zscore)");
  expect(text).toContain("http://127.0.0.1:8000/data/");
});

test("of a filter the snippet asks for all bars from its formation on", () => {
  const first = T0 - 2000 * MINUTE;
  const filtered = pairData({ method: "kalman", parameters: { formation_first: first } });
  const text = pairSnippet("beta", filtered, open) ?? "";
  expect(text).toContain(`start=${first}&end=${T0 + 3 * MINUTE}&limit=2003"`);
});

test("there is no snippet without bars", () => {
  const empty = pairData({ first_time: null });
  expect(pairSnippet("beta", empty, open)).toBeNull();
  expect(pairSnippet("quality", empty, open)).toBeNull();
});

test("the qualities add up to the bars of the fit, and their program counts those and no more", () => {
  const { inputs, result } = explanationOf("quality", pair, view);
  expect(inputs.map(({ name }) => name)).toEqual([
    "complete",
    "kline",
    "backfilled",
    "quiet",
    "partial",
    "gap",
  ]);
  expect(result).toEqual({ name: "bars", value: 60 });
  const text = pairSnippet("quality", pair, open) ?? "";
  expect(text).toContain(`start=${T0}&end=${T0 + 2 * MINUTE}&limit=2"`);
  expect(text).toContain(`range(${T0}, ${T0 + 2 * MINUTE}, ${MINUTE})`);
});

test("the last price is the close of the newest bar that has one", () => {
  const items = [bar(0), bar(1, { close: 101.5, closed: false }), bar(2, { close: null, quality: "gap" })];
  const bars = barList(items, { as_of: T0 + 5 * MINUTE });
  const last = lastBar(bars);
  expect(last?.time).toBe(T0 + MINUTE);
  const { formula, result } = lastPriceExplanation(bars, last ?? bar(0));
  expect(formula).toContain("highest id");
  expect(result).toEqual({ name: "last", value: 101.5 });
  expect(lastBar(barList([bar(0, { close: null })]))).toBeNull();
});

test("the program of a last price asks for the newest trade that was known when it was shown", () => {
  const shown = barList([bar(0)], { as_of: T0 + 20_000 });
  expect(lastPriceSnippet(shown, bar(0), open)).toContain(`"end=${T0 + 20_001}&limit=1"`);
  expect(lastPriceSnippet(shown, bar(0), open)).toContain("http://127.0.0.1:8000/data/BTCUSDT/ticks?");
  // Of a bar that has closed nothing later counts.
  const later = barList([bar(0)], { as_of: T0 + 9 * MINUTE });
  expect(lastPriceSnippet(later, bar(0), open)).toContain(`"end=${T0 + MINUTE}&limit=1"`);
});

test("of a bar without trades of its own the last price says so", () => {
  const [quiet, kline] = [bar(0, { quality: "quiet", trades: 0 }), bar(0, { quality: "kline" })];
  const bars = barList([quiet]);
  expect(lastPriceExplanation(bars, quiet).formula).toContain("the bar before");
  expect(lastPriceExplanation(bars, kline).formula).toContain("kline");
  expect(lastPriceSnippet(bars, quiet, open)).toContain("/ticks?");
  const text = lastPriceSnippet(bars, kline, open);
  expect(text).toContain(`interval=1m&start=${T0}&end=${T0 + 1}&limit=1`);
  expect(text).toContain('print(bar["close"])');
});

test.each([
  ["z", (server: Server) => pairSnippet("zscore", pair, server)],
  ["quality", (server: Server) => pairSnippet("quality", pair, server)],
  ["a last price", (server: Server) => lastPriceSnippet(barList([bar(0)]), bar(0), server)],
  ["a kline", (server: Server) => lastPriceSnippet(barList([]), bar(0, { quality: "kline" }), server)],
])("the program of %s says who asks where the server wants to know, and only there", (_, programOf) => {
  const program = programOf({ base: "https://api.example/quant", asksWho: true }) ?? "";
  expect(program).toContain(`HEADERS = {"Authorization": f"Bearer {os.environ['QUANT_TOKEN']}"}`);
  expect(program).toMatch(/^# .*QUANT_TOKEN/m);
  expect(program).toMatch(
    /urlopen\(Request\(f"https:\/\/api\.example\/quant\/data\/.*", headers=HEADERS\)\)/,
  );
  expect(program).toMatch(/^import os$/m);
  const plain = programOf(open) ?? "";
  expect(plain).not.toMatch(/HEADERS|QUANT_TOKEN|import os|Request/);
});

import { expect, test } from "vitest";
import { conditionText, eventText, groupText, metricValue } from "./alert-words";

const z = {
  ...{ metric: "zscore", pair: "BTCUSDT-ETHUSDT", interval: "1m", window: 60, method: "ols", scale: "level" },
  ...{ op: ">", value: 2 },
};
const silent = { metric: "staleness", symbol: "BTCUSDT", op: ">=", value: 30, for_s: 1.5 };

test("a condition in words", () => {
  expect(conditionText(z)).toBe("Z-score > 2 (BTC/ETH 1m, 60 bars, OLS)");
  expect(conditionText(silent)).toBe("Silence ≥ 30 for 1.5 s (BTC)");
  expect(conditionText({ ...z, scale: "log", live: true, op: "crosses_below", value: -0.5 })).toBe(
    "Z-score crosses below −0.5 (BTC/ETH 1m, 60 bars, OLS, log, live)",
  );
});

test("groups say how they join, inner ones in brackets", () => {
  expect(groupText({ all: [silent, { any: [silent, z], all: null }], any: null })).toBe(
    "Silence ≥ 30 for 1.5 s (BTC) and [Silence ≥ 30 for 1.5 s (BTC) or Z-score > 2 (BTC/ETH 1m, 60 bars, OLS)]",
  );
});

test("a value has the digits that its metric deserves", () => {
  expect(metricValue("zscore", -2.12345)).toBe("−2.123");
  expect(metricValue("price", 61234.567)).toBe("61,234.6");
  expect(metricValue("price", null)).toBe("–");
});

test("an event says in a line what holds, and the server's words where nothing is known", () => {
  const held = { condition: { ...z, op: "crosses_below", value: -2 }, value: -2.1304, holds: true };
  const not = { condition: silent, value: 3, holds: false };
  const reason = "zscore of BTCUSDT-ETHUSDT is -2.1304, below -2";
  expect(eventText({ reason, evidence: [held, not] })).toBe("BTC/ETH 1m: Z-score −2.130 < −2");
  const both = { ...not, holds: true, value: 31 };
  expect(eventText({ reason, evidence: [held, both] })).toBe(
    "BTC/ETH 1m: Z-score −2.130 < −2; BTC: Silence 31.0000 ≥ 30",
  );
  expect(eventText({ reason, evidence: [not] })).toBe(reason);
});

import { expect, test } from "vitest";
import { bar, barList, MINUTE, T0 } from "@/testing/builders";
import { scannedPair } from "@/testing/lab-builders";
import { sparkOf } from "./use-pair-sparks";

const a = barList([bar(0, { close: Math.E ** 5 }), bar(1, { close: Math.E ** 6 }), bar(2, { close: null })]);
const b = barList([bar(1, { close: Math.E ** 2 }), bar(2, { close: Math.E })]);
const pair = scannedPair("BTCUSDT", "ETHUSDT", { alpha: 1, beta: 2 });

test("a spark is what the line leaves of bars that both legs have", () => {
  expect(a.items[1]?.time).toBe(T0 + MINUTE);
  const [first, second, third] = sparkOf(pair, a, b);
  expect([first, third]).toEqual([null, null]);
  expect(second).toBeCloseTo(6 - 1 - 2 * 2, 12);
});

test("without a line there is none", () => {
  expect(sparkOf({ ...pair, beta: null }, a, b)).toEqual([null, null, null]);
});

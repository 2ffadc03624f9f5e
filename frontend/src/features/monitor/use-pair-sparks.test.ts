import { expect, test } from "vitest";
import { bar, barList, MINUTE, T0 } from "@/testing/builders";
import { scannedPair } from "@/testing/lab-builders";
import { pairsAsked, sparkOf } from "./use-pair-sparks";

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

/** All pairs of so many symbols, as a scan of them has. */
function pairsOf(count: number) {
  const symbols = Array.from({ length: count }, (_, index) => `S${index}`);
  return symbols.flatMap((a, index) => symbols.slice(index + 1).map((b) => scannedPair(a, b)));
}

test("all 28 pairs of eight symbols have one, and more symbols are not asked for", () => {
  expect(pairsAsked(pairsOf(8))).toHaveLength(28);
  const asked = pairsAsked(pairsOf(40)).flatMap(({ symbol_a, symbol_b }) => [symbol_a, symbol_b]);
  expect(new Set(asked).size).toBe(8);
});

import { expect, test } from "vitest";
import { bestMatches, matchScore } from "./search";

const ENTRIES = ["WBTCUSDT", "BTCUSDT / ETHUSDT", "ETHUSDT / BTCUSDT", "Interval 5m", "Light theme"];
const find = (typed: string, limit = 9) => bestMatches(ENTRIES, typed, (text) => text, limit);

test("words are found in any order and any case", () => {
  expect(find("eth btc")).toEqual(["BTCUSDT / ETHUSDT", "ETHUSDT / BTCUSDT"]);
  expect(find("THEME light")).toEqual(["Light theme"]);
});

test("the start of the text counts more than the start of a word, that more than its middle", () => {
  expect(find("btc")).toEqual(["BTCUSDT / ETHUSDT", "ETHUSDT / BTCUSDT", "WBTCUSDT"]);
});

test("one word that is nowhere is no match; nothing typed is everything, up to the limit", () => {
  expect(matchScore("BTCUSDT", "btc xyz")).toBe(0);
  expect(find("   ", 2)).toEqual(ENTRIES.slice(0, 2));
});

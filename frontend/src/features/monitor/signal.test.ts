import { describe, expect, test } from "vitest";
import { pairData } from "@/testing/builders";
import { tradeMarkers, verdict } from "./signal";

describe("the signal in words", () => {
  test.each([
    [2.01, "sell", "overextended: sell the spread"],
    [-2.01, "buy", "oversold: buy the spread"],
    [2, "neutral", "neutral"],
    [0, "neutral", "neutral"],
  ] as const)("z = %d", (zscore, signal, words) => {
    expect(verdict(pairData({ zscore, signal }), 2).words).toBe(words);
  });

  test("follows the entry threshold of the view", () => {
    expect(verdict(pairData({ zscore: 2.2, signal: "sell" }), 2.5).words).toBe("neutral");
  });

  test("says why there is none, however large z is", () => {
    const reason = "not cointegrated at 5 % (p = 0.17)";
    expect(verdict(pairData({ zscore: 3, signal: "none", signal_reason: reason }), 2)).toEqual({
      words: reason,
      tone: "none",
    });
    const missing = pairData({ zscore: null, signal: "none", signal_reason: null, reason: "42 of 60 bars" });
    expect(verdict(missing, 2).words).toBe("42 of 60 bars");
  });

  test("numbers that stand still are no reason to trade", () => {
    const still = verdict(pairData({ zscore: 3, signal: "sell" }), 2, true);
    expect(still).toEqual({ words: "no signal: nothing new comes", tone: "none" });
  });
});

describe("markers", () => {
  const marks = (z: (number | null)[], entry = 2, exit = 0.5, stop = 4) =>
    tradeMarkers(
      z.map((_, index) => index),
      z,
      { entry, exit, stop },
    ).map(({ time, kind }) => [time, kind]);

  test("sell above, buy below, exit inside; one position at a time", () => {
    expect(marks([0, 2.1, 3, 1, 0.5, 0, -2.5, -3, -0.6, 0.4])).toEqual([
      [1, "sell"],
      [4, "exit"],
      [6, "buy"],
      [9, "exit"],
    ]);
  });

  test("the threshold itself is not beyond it", () => {
    expect(marks([2, -2])).toEqual([]);
  });

  test("unknown bars neither open nor close", () => {
    expect(marks([3, null, null, 0.1])).toEqual([
      [0, "sell"],
      [3, "exit"],
    ]);
  });

  test("a jump across to the other side closes one position and opens the other", () => {
    expect(marks([3, -3, 0, 3, -1])).toEqual([
      [0, "sell"],
      [1, "exit"],
      [1, "buy"],
      [2, "exit"],
      [3, "sell"],
      [4, "exit"],
    ]);
  });

  test("the stop closes, and nothing opens again before z was back within the entry", () => {
    expect(marks([3, 4, 3, 2, 2.5, 0])).toEqual([
      [0, "sell"],
      [1, "exit"],
      [4, "sell"],
      [5, "exit"],
    ]);
    expect(marks([-3, -5, -3.5, 0])).toEqual([
      [0, "buy"],
      [1, "exit"],
    ]);
  });

  test("beyond the stop nothing is opened", () => {
    expect(marks([0, 5, 3])).toEqual([]);
  });
});

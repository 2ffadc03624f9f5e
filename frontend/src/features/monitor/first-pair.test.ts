import { describe, expect, test } from "vitest";
import { streamStatus, symbolStatus } from "@/testing/builders";
import { TRUTH as truth } from "@/testing/truth";
import { firstPair } from "./first-pair";

const bars = { stepMs: 60_000, window: 60 };
const streams = (...names: string[]) =>
  streamStatus({ symbols: names.map((name) => symbolStatus(name)), running: names.length > 0 });

describe("the first pair", () => {
  test("is the fastest cointegrated one when nothing streams", () => {
    expect(firstPair(truth, streams(), [], bars)).toEqual({ a: "C", b: "D", scale: "level", window: 300 });
  });

  test("is rather one whose legs stream", () => {
    expect(firstPair(truth, streams("A", "B", "C"), [], bars)).toMatchObject({ a: "A", b: "B" });
  });

  test("is rather one that this server offers", () => {
    expect(firstPair(truth, streams(), ["A", "B"], bars)).toMatchObject({ a: "A", b: "B" });
  });

  test("without a truth is the first two that stream, then that are offered", () => {
    expect(firstPair(null, streams("X"), ["P", "X", "Q"], bars)).toEqual({
      a: "X",
      b: "P",
      scale: null,
      window: null,
    });
    expect(firstPair(null, streams(), ["P"], bars)).toBeNull();
  });

  test("leaves stopped symbols alone", () => {
    const status = streamStatus({ symbols: [symbolStatus("X", { state: "stopped" }), symbolStatus("Y")] });
    expect(firstPair(null, status, ["Z"], bars)).toMatchObject({ a: "Y", b: "Z" });
  });

  test.each([
    ["5 minutes on bars of a minute", 60_000, 60, 300],
    ["5 minutes on bars of 5 minutes, which the default holds", 300_000, 60, null],
    ["5 minutes on bars of a second, for which one would wait", 1000, 60, null],
    ["5 minutes in a window that is longer anyway", 60_000, 400, null],
    ["5 minutes on bars without a width", null, 60, null],
  ])("has a window of 60 half-lives: %s", (_, stepMs, window, wanted) => {
    expect(firstPair(truth, streams(), [], { stepMs, window })?.window).toBe(wanted);
  });
});

import { describe, expect, test } from "vitest";
import { streamStatus, symbolStatus } from "@/testing/builders";
import { TRUTH as truth } from "@/testing/truth";
import { firstPair } from "./first-pair";

const streams = (...names: string[]) =>
  streamStatus({ symbols: names.map((name) => symbolStatus(name)), running: names.length > 0 });

describe("the first pair", () => {
  test("is the fastest cointegrated one when nothing streams", () => {
    expect(firstPair(truth, streams(), [])).toEqual({ a: "C", b: "D", scale: "level" });
  });

  test("is rather one whose legs stream", () => {
    expect(firstPair(truth, streams("A", "B", "C"), [])).toMatchObject({ a: "A", b: "B" });
  });

  test("is rather one that this server offers", () => {
    expect(firstPair(truth, streams(), ["A", "B"])).toMatchObject({ a: "A", b: "B" });
  });

  test("without a truth is the first two that stream, then that are offered", () => {
    expect(firstPair(null, streams("X"), ["P", "X", "Q"])).toEqual({ a: "X", b: "P", scale: null });
    expect(firstPair(null, streams(), ["P"])).toBeNull();
  });

  test("leaves stopped symbols alone", () => {
    const status = streamStatus({ symbols: [symbolStatus("X", { state: "stopped" }), symbolStatus("Y")] });
    expect(firstPair(null, status, ["Z"])).toMatchObject({ a: "Y", b: "Z" });
  });
});

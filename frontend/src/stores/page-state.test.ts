import { expect, test } from "vitest";
import type { LinkState } from "@/api/socket";
import type { StreamStatus } from "@/api/types";
import type { PageState } from "@/lib/page-states";
import { streamStatus, symbolStatus } from "@/testing/builders";
import { marketState } from "./market-state";
import { pageState } from "./page-state";

const OPEN: LinkState = { phase: "open" };
const LEGS = ["BTCUSDT", "ETHUSDT"];
const withState = (state: "live" | "quiet" | "stale" | "connecting" | "stopped" | "gap") =>
  streamStatus({ symbols: [symbolStatus("BTCUSDT", { state }), symbolStatus("ETHUSDT")] });

test.each<[string, LinkState, StreamStatus | null, PageState]>([
  ["the first connection", { phase: "connecting" }, null, "connecting"],
  ["a lost connection", { phase: "offline", retryAt: 0 }, streamStatus(), "offline"],
  ["a retry", { phase: "connecting" }, streamStatus(), "offline"],
  ["a silent server", { phase: "stale", lastMessageAt: 0 }, streamStatus(), "stale"],
  ["no status yet", OPEN, null, "connecting"],
  ["data", OPEN, streamStatus(), "live"],
  ["a quiet leg", OPEN, withState("quiet"), "live"],
  ["a leg with a gap", OPEN, withState("gap"), "live"],
  ["a stale leg", OPEN, withState("stale"), "stale"],
  ["a leg that connects", OPEN, withState("connecting"), "connecting"],
  ["a stopped leg", OPEN, withState("stopped"), "stopped"],
  ["a leg that was never started", OPEN, streamStatus({ symbols: [symbolStatus("BTCUSDT")] }), "stopped"],
  ["a stopped stream", OPEN, streamStatus({ running: false }), "stopped"],
  ["the end of a recording", OPEN, streamStatus({ finished: true, running: false }), "finished"],
  ["no route to the source", OPEN, streamStatus({ source_state: "unreachable" }), "unreachable"],
  ["a failed source", OPEN, streamStatus({ source_state: "failed" }), "failed"],
])("%s", (_name, link, status, expected) => {
  expect(pageState(link, status, LEGS, true)).toBe(expected);
});

test("a status from before the connection was lost says nothing about now", () => {
  expect(pageState(OPEN, streamStatus(), LEGS, false)).toBe("connecting");
});

test("a page of many symbols is live while one of them is", () => {
  expect(marketState(OPEN, withState("stale"), LEGS, true)).toBe("live");
  const both = LEGS.map((symbol) => symbolStatus(symbol, { state: "stale" }));
  expect(marketState(OPEN, streamStatus({ symbols: both }), LEGS, true)).toBe("stale");
  expect(marketState({ phase: "offline", retryAt: 0 }, streamStatus(), LEGS, true)).toBe("offline");
  expect(marketState(OPEN, streamStatus(), [], true)).toBe("stopped");
});

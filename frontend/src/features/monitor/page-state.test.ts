import { expect, test } from "vitest";
import type { LinkState } from "@/api/socket";
import type { StreamStatus } from "@/api/types";
import { streamStatus, symbolStatus } from "@/testing/builders";
import { type PageState, pageState } from "./page-state";

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

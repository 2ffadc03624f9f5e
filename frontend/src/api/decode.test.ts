import { expect, test } from "vitest";
import { bar, barList, pairData, quoteList, streamStatus, T0 } from "@/testing/builders";
import { DecodeError, decode } from "./decode";

const envelope = { type: "snapshot", seq: 3, time: T0 };

test.each([
  ["status", "status", streamStatus()],
  ["bars", "bars:BTCUSDT:1m", barList([bar(0), bar(1, { open: null, close: null, quality: "gap" })])],
  ["pair", "pair:BTCUSDT-ETHUSDT:1m:60:ols:level", pairData()],
  ["quote", "quote:BTCUSDT", quoteList([{ time: T0, bid: 99, bid_size: 1, ask: 101, ask_size: 2 }])],
])("%s comes through unchanged", (kind, topic, data) => {
  const message = { ...envelope, topic, data };
  expect(decode(JSON.stringify(message))).toEqual({ kind, ...message });
});

test("fields that a newer server adds are no error", () => {
  const data = { ...streamStatus(), weather: "fine" };
  expect(decode(JSON.stringify({ ...envelope, topic: "status", data }))).toMatchObject({ kind: "status" });
});

test.each([
  "",
  "null",
  "[]",
  "{}",
  '{"type":"hello"}',
  '{"type":"rain","topic":"status"}',
  '{"type":"constructor"}',
  '{"type":"update","topic":"toString"}',
  '{"type":"update"}',
  JSON.stringify({ ...envelope, topic: "pair:A-B:1m:60:ols:level", data: { ...pairData(), beta: "18" } }),
  JSON.stringify({
    ...envelope,
    topic: "pair:A-B:1m:60:ols:level",
    data: { ...pairData(), status: "great" },
  }),
  JSON.stringify({ ...envelope, topic: "bars:A:1m", data: streamStatus() }),
  JSON.stringify({ ...envelope, seq: 1.5, topic: "status", data: streamStatus() }),
])("%s is refused", (frame) => {
  expect(() => decode(frame)).toThrow(DecodeError);
});

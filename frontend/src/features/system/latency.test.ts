import { expect, test } from "vitest";
import type { Delays } from "@/api/types";
import { tableCsv } from "@/charts/table";
import { systemStatus } from "@/testing/builders";
import { bucketName, bucketsOf, delaysOf, latencySays, latencyTable, shareText, tickOf } from "./latency";

const BOUNDS = [1, 10, 1000];
const delays = (counts: number[], part: Partial<Delays> = {}): Delays => ({
  trades: counts.reduce((sum, held) => sum + held, 0),
  counts,
  p50_ms: 4,
  p95_ms: 9.25,
  p99_ms: 1204,
  max_ms: 2000,
  ...part,
});
const buckets = bucketsOf(BOUNDS, delays([0, 750, 249, 1]));

test("each count lies between its bounds, the last beyond all", () => {
  expect(buckets.map(bucketName)).toEqual(["up to 1 ms", "1 to 10 ms", "10 to 1,000 ms", "over 1,000 ms"]);
  expect(buckets.map(tickOf)).toEqual(["1", "10", "1 s", ">1 s"]);
  expect(buckets.map(({ trades }) => trades)).toEqual([0, 750, 249, 1]);
});

test("what is there is never shown as nothing, and nothing has no number", () => {
  expect(buckets.map(shareText)).toEqual(["", "75", "25", "<1"]);
  expect(bucketsOf(BOUNDS, delays([0, 0, 0, 0])).map(shareText)).toEqual(["", "", "", ""]);
});

test("the words say the server's percentiles", () => {
  expect(latencySays(delays([0, 750, 249, 1]))).toBe(
    "Of 1,000 trades half came within 4.0 ms, 95 % within 9.3 ms, 99 % within 1,204.0 ms, the latest after 2,000.0 ms",
  );
});

test("the file has every bucket with its upper end, and how many were so late or less", () => {
  expect(tableCsv(latencyTable(buckets)).split("\n")).toEqual([
    "up_to_ms,trades,share,share_within",
    "1,0,0,0",
    "10,750,0.75,0.75",
    "1000,249,0.249,0.999",
    ",1,0.001,1",
    "",
  ]);
});

test("without trades the table has no shares", () => {
  const table = latencyTable(bucketsOf(BOUNDS, delays([0, 0, 0, 0])));
  const share = table.columns.find(({ name }) => name === "share_within");
  expect(table.times.map((row) => share?.text(row))).toEqual(["–", "–", "–", "–"]);
});

test("a symbol that has no trades any more is not taken for another", () => {
  const { latency } = systemStatus();
  expect(delaysOf(latency, "ETHUSDT").trades).toBe(100);
  expect(delaysOf(latency, "GONEUSDT")).toBe(latency.total);
  expect(delaysOf(latency, null)).toBe(latency.total);
});

import { expect, test } from "vitest";
import { bar, MINUTE, T0 } from "@/testing/builders";
import type { Pane } from "./series";
import { paneTable, tableCsv } from "./table";

const pane: Pane = {
  key: "price",
  title: "Price",
  weight: 1,
  step: MINUTE,
  series: [
    {
      kind: "candles",
      key: "a",
      label: "BTCUSDT",
      column: "BTCUSDT",
      color: "leg-a",
      candles: [bar(0), bar(1, { open: null, high: null, low: null, close: null, quality: "gap" })],
      format: String,
    },
    {
      kind: "line",
      key: "b",
      label: "ETHUSDT",
      column: "=ETHUSDT_close",
      color: "leg-b",
      time: [T0, T0 + 2 * MINUTE],
      value: [-0.1, 1 / 3],
      axis: "left",
      style: "line",
      dashed: false,
      shares: false,
      drawn: true,
      format: (value) => (value === null ? "–" : value.toFixed(1)),
    },
  ],
  levels: [],
  markers: [],
  marked: false,
  gaps: [],
};

test("the file has the chart's numbers by time, all their digits, UTC, holes empty", () => {
  expect(tableCsv(paneTable(pane))).toBe(
    [
      "time,BTCUSDT_open,BTCUSDT_high,BTCUSDT_low,BTCUSDT_close,'=ETHUSDT_close",
      "2025-11-22T13:52:00.000Z,100,101,99,100,-0.1",
      "2025-11-22T13:53:00.000Z,,,,,",
      "2025-11-22T13:54:00.000Z,,,,,0.3333333333333333",
      "",
    ].join("\n"),
  );
});

test("the table has the same numbers as they are read", () => {
  const { times, columns } = paneTable(pane);
  expect(times).toEqual([T0, T0 + MINUTE, T0 + 2 * MINUTE]);
  expect(columns.map(({ text }) => text(T0 + 2 * MINUTE))).toEqual(["null", "null", "null", "null", "0.3"]);
});

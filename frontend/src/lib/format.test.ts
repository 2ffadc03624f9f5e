import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bytes,
  cellTime,
  decimalsFor,
  duration,
  fixed,
  priceDecimals,
  pValue,
  range,
  signed,
  significant,
  time,
  timeSpan,
  zonedTime,
  zoneHead,
  zoneName,
} from "./format";

test("absent numbers are a dash, never 0 or NaN", () => {
  for (const format of [fixed, signed, significant]) {
    expect(format(null, 2)).toBe("–");
    expect(format(Number.NaN, 2)).toBe("–");
    expect(format(Number.POSITIVE_INFINITY, 2)).toBe("–");
  }
  expect(pValue(null)).toBe("–");
  expect(duration(null)).toBe("–");
  expect(range(null, null, 1)).toBe("–");
  expect(time(null, "stamp", "utc")).toBe("–");
});

test("numbers have grouped thousands, fixed decimals and a true minus", () => {
  expect(fixed(67_273.95, 2)).toBe("67,273.95");
  expect(fixed(-1234.5, 1)).toBe("−1,234.5");
  expect(fixed(-0.0001, 2)).toBe("0.00");
  expect(signed(2.005, 2)).toMatch(/^\+2\.0[01]$/);
  expect(signed(-0.5, 2)).toBe("−0.50");
  expect(signed(0, 2)).toBe("0.00");
});

test("significant digits follow the size", () => {
  expect(significant(18.123456, 6)).toBe("18.1235");
  expect(significant(0.000123456, 3)).toBe("0.000123");
  expect(significant(123_456.7, 3)).toBe("123,457");
  expect(decimalsFor(0, 5)).toBe(2);
  expect(decimalsFor(null, 5)).toBe(2);
});

test.each([
  [0.1, 1],
  [0.01, 2],
  [1, 0],
  [0.0001, 4],
  [5, 0],
  [0.25, 2],
  [1e-7, 7],
])("a tick of %d has %d decimals", (tick, decimals) => {
  expect(priceDecimals(tick)).toBe(decimals);
});

test("a small p is a bound", () => {
  expect(pValue(0.0004)).toBe("<0.001");
  expect(pValue(0.0121)).toBe("0.012");
  expect(pValue(1)).toBe("1.000");
});

test.each([
  [42, "42.0 s"],
  [390, "6.5 min"],
  [7200, "2.0 h"],
  [200_000, "2.3 d"],
])("%d seconds read as %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("an interval may have no upper end", () => {
  expect(range(3.9, 14.2, 1)).toBe("3.9 to 14.2");
  expect(range(3.9, null, 1)).toBe("3.9 to ∞");
});

describe("times", () => {
  const noon = Date.UTC(2026, 10, 22, 12, 5, 9);

  test("are read in UTC whatever the machine's zone", () => {
    expect(time(noon, "minute", "utc")).toBe("12:05");
    expect(time(noon, "stamp", "utc")).toContain("12:05:09");
  });

  test("midnight is 00, not 24", () => {
    expect(time(Date.UTC(2026, 10, 22), "second", "utc")).toBe("00:00:00");
  });
});

describe("in Berlin", () => {
  const [winter, summer] = [Date.UTC(2026, 0, 15, 12), Date.UTC(2026, 6, 15, 12)];
  const { TZ } = process.env;
  beforeAll(() => {
    process.env.TZ = "Europe/Berlin";
  });
  afterAll(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });

  test("the zone has the name of the moment", () => {
    expect([winter, summer].map((ms) => zoneName("local", ms))).toEqual(["CET", "CEST"]);
  });

  test("a time in a column has the name of its own zone, unless the head says it for all", () => {
    const cells = [winter, summer].map((ms) => cellTime(ms, "stamp", "local"));
    expect(cells).toEqual(["15 Jan, 13:00:00 CET", "15 Jul, 14:00:00 CEST"]);
    expect(cellTime(winter, "stamp", "utc")).toBe("15 Jan, 12:00:00");
    expect(["utc", "local"].map((zone) => zoneHead(zone as "utc"))).toEqual(["UTC", "local time"]);
    expect(cellTime(null, "stamp", "local")).toBe("–");
  });

  test("a time by itself always has it", () => {
    expect(zonedTime(summer, "minute", "local")).toBe("14:00 CEST");
    expect(zonedTime(summer, "minute", "utc")).toBe("12:00 UTC");
    expect(zonedTime(null, "minute", "local")).toBe("–");
  });

  test("a span across the change of clocks names both zones, any other one its own", () => {
    expect(timeSpan(winter, summer, "minute", "local")).toBe("13:00 CET to 14:00 CEST");
    expect(timeSpan(summer, summer + 3_600_000, "minute", "local")).toBe("14:00 to 15:00 CEST");
    expect(timeSpan(winter, summer, "minute", "utc")).toBe("12:00 to 12:00 UTC");
  });
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [2_400_000, "2.4 MB"],
  [7.25e12, "7,250.0 GB"],
])("%d bytes are %s", (value, text) => {
  expect(bytes(value)).toBe(text);
});

test("a time of another year can be told from this one's", () => {
  const ms = Date.UTC(2025, 2, 1, 11, 40);
  expect(time(ms, "full", "utc")).toBe("01 Mar 2025, 11:40:00");
  expect(time(ms, "stamp", "utc")).toBe("01 Mar, 11:40:00");
});

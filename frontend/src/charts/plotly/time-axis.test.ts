import { describe, expect, test, vi } from "vitest";

vi.hoisted(() => {
  process.env.TZ = "Europe/Berlin";
});

import { axisTime, fromAxisTime, hoverTime, timeTicks } from "./time-axis";

const at = (text: string) => Date.parse(text);
const HOUR = 3_600_000;

describe("ticks", () => {
  test("stand on round readings of the chosen clock", () => {
    const [from, to] = [at("2026-07-01T20:10:00Z"), at("2026-07-02T02:10:00Z")];
    expect(timeTicks(from, to, "utc", 6).ticktext).toEqual([
      "21:00",
      "22:00",
      "23:00",
      "02 Jul",
      "01:00",
      "02:00",
    ]);
    const local = timeTicks(from, to, "local", 6);
    expect(local.ticktext).toEqual(["23:00", "02 Jul", "01:00", "02:00", "03:00", "04:00"]);
    expect(local.tickvals[1]).toBe(at("2026-07-01T22:00:00Z"));
  });

  test("when clocks go back, the hour that comes twice has two places", () => {
    const [from, to] = [at("2026-10-25T00:00:00Z"), at("2026-10-25T03:00:00Z")];
    const { tickvals, ticktext } = timeTicks(from, to, "local", 4);
    expect(ticktext).toEqual(["02:00", "02:00", "03:00", "04:00"]);
    expect(tickvals.map((value) => (value - from) / HOUR)).toEqual([0, 1, 2, 3]);
    expect(tickvals.map((value) => hoverTime(value, "local").split(" ").at(-1))).toEqual([
      "CEST",
      "CET",
      "CET",
      "CET",
    ]);
  });

  test("when clocks go forward, round steps stay round", () => {
    const { ticktext } = timeTicks(at("2026-03-28T23:00:00Z"), at("2026-03-29T11:00:00Z"), "local", 6);
    // There was no 02:00.
    expect(ticktext).toEqual(["29 Mar", "04:00", "06:00", "08:00", "10:00", "12:00"]);
  });

  test.each([1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10])("over %d ms there are a few", (span) => {
    const count = timeTicks(at("2026-07-01T20:10:00Z"), at("2026-07-01T20:10:00Z") + span, "local", 6)
      .tickvals.length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(7);
  });
});

test("a moment goes to Plotly's axis and back, also where the local clock shows it twice", () => {
  for (const text of ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z"]) {
    expect(`${axisTime(at(text))}Z`).toBe(text);
    expect(fromAxisTime(axisTime(at(text)))).toBe(at(text));
  }
  expect(fromAxisTime("2026-11-22 10:22:50.7934")).toBe(at("2026-11-22T10:22:50.793Z"));
});

import { act, render, screen } from "@testing-library/react";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AlertPreview } from "@/api/types";
import { usePreferences } from "@/stores/preferences";
import { Firings } from "./preview-tables";

const [winter, summer] = [Date.UTC(2026, 0, 15, 12), Date.UTC(2026, 6, 15, 12)];
const firing = (time: number) => ({
  ...{ id: String(time), time, reason: "z is high", ended_at: null, duration_s: null, at: 2.5 },
  ...{ after: [], evidence: [] },
});
const preview: AlertPreview = {
  ...{ market: "sim-7", as_of: summer, start: winter, end: summer, moments: 100, count: 2 },
  ...{ firing_s: 600, suspended_s: 0, suspended_because: null, followed: null, horizons: [] },
  afterwards: [],
  series: { metric: "zscore", unit: "", threshold: 2, time: [], value: [] },
  firings: [winter, summer].map(firing),
};

const { TZ } = process.env;
beforeAll(() => {
  process.env.TZ = "Europe/Berlin";
});
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

test("rows of both halves of the year have the zone of their own moment, and the head that of neither", () => {
  act(() => usePreferences.setState({ zone: "local" }));
  render(<Firings preview={preview} />);
  expect(screen.getByRole("columnheader", { name: "Fired, local time" })).toBeVisible();
  const cells = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);
  expect(cells()).toEqual(["15 Jul, 14:00:00 CEST", "15 Jan, 13:00:00 CET"]);
  act(() => usePreferences.setState({ zone: "utc" }));
  expect(screen.getByRole("columnheader", { name: "Fired, UTC" })).toBeVisible();
  expect(cells()).toEqual(["15 Jul, 12:00:00", "15 Jan, 12:00:00"]);
});

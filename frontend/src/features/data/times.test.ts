import { expect, test } from "vitest";
import { fieldText, fieldTime } from "./times";

const T = Date.UTC(2026, 2, 1, 14, 30, 5);

test("a field's text is the time in its zone, and back", () => {
  expect(fieldText(T, "utc")).toBe("2026-03-01T14:30:05");
  for (const zone of ["utc", "local"] as const) expect(fieldTime(fieldText(T, zone), zone)).toBe(T);
  expect(fieldTime("2026-03-01T14:30", "utc")).toBe(T - 5000);
});

test("nothing, and what is half typed, is no time", () => {
  // The year 2026 on its way, digit by digit.
  expect(fieldTime("0202-03-01T14:30:05", "utc")).toBeNull();
  expect(fieldText(null, "utc")).toBe("");
  expect(fieldTime("", "utc")).toBeNull();
  expect(fieldTime("2026-0", "local")).toBeNull();
});

import { expect, test } from "vitest";
import { pairData } from "@/testing/builders";
import { signalChecks } from "./no-signal";

const failed = (part: Parameters<typeof pairData>[0], entry = 2) =>
  signalChecks(pairData(part), entry, "live")
    .filter(({ passed }) => !passed)
    .map(({ key }) => key);

test("a neutral z is the only reason where all else is well", () => {
  expect(failed({})).toEqual(["far"]);
  expect(failed({ zscore: -2.5 })).toEqual([]);
  expect(failed({ zscore: -2.5 }, 3)).toEqual(["far"]);
});

test("every reason is named", () => {
  const base = pairData();
  expect(failed({ have: 42, need: 61, zscore: null })).toEqual(["warm", "far"]);
  expect(failed({ cointegration: { ...base.cointegration, p_value: 0.05 }, zscore: 3 })).toEqual([
    "cointegrated",
  ]);
  expect(failed({ quality: { ...base.quality, gap: 2 }, zscore: 3 })).toEqual(["holes"]);
  expect(failed({ zscore: 3, signal: "none", signal_reason: "ETHUSDT is stopped" })).toEqual(["live"]);
  const never = { ...base.half_life, bars: null, seconds: null, reason: "not reverting" };
  expect(failed({ zscore: 3, half_life: never })).toEqual(["reverting"]);
  const [live] = signalChecks(pairData({ zscore: 3 }), 2, "stale");
  expect(live).toMatchObject({ passed: false, says: expect.stringContaining("Nothing new comes") });
});

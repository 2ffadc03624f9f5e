import { expect, test } from "vitest";
import { MINUTE, pairData, T0 } from "@/testing/builders";
import { alarmingRefit } from "./refit";

const withBetas = (beta: (number | null)[], beta_se: number | null = 0.25) =>
  pairData({ beta_se, series: { ...pairData().series, beta } });

test.each([
  [[null, 18, 18.5], null],
  [[null, 18, 18.51], 2.04],
  [[18, 18, 17.4], -2.4],
  [[18, 19, null], 4],
  [[null, null, 18], null],
  [[17, null, 18], null],
])("%j", (beta, errors) => {
  const refit = alarmingRefit(withBetas(beta));
  if (errors === null) expect(refit).toBeNull();
  else expect(refit?.errors).toBeCloseTo(errors, 9);
});

test("names the bar, and says nothing without an uncertainty", () => {
  expect(alarmingRefit(withBetas([18, 18, 19]))?.time).toBe(T0 + 2 * MINUTE);
  expect(alarmingRefit(withBetas([18, 18, 19], null))).toBeNull();
  expect(alarmingRefit(withBetas([18, 18, 19], 0))).toBeNull();
});

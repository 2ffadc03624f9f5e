import { expect, test } from "vitest";
import { alertCondition, alertRule, pairData } from "@/testing/builders";
import { isProblem, MockAlerts } from "./alerts";

const values = (zscore: number[]) => {
  const { series } = pairData();
  const time = zscore.map((_, index) => index * 60_000);
  return { ...series, time, zscore };
};

test("a rule fires once for as long as it holds, and its changes are told in order", () => {
  let z = [0, 1];
  const alerts = new MockAlerts("sim-7", () => values(z));
  const saved = alerts.save({ name: "z", when: { all: [alertCondition()], any: null } }, null);
  if (isProblem(saved)) throw new Error(saved.detail);
  for (const next of [2.5, 3, 1, 2.2]) {
    z = [...z, next];
    alerts.step();
    alerts.step();
  }
  expect(alerts.changesAfter(0).map(({ number, seq, ended_at }) => [number, seq, ended_at])).toEqual([
    [1, 2, 240_000],
    [2, 3, null],
  ]);
  expect(alerts.lasting()).toHaveLength(1);
  expect(alerts.rule(saved.id)?.standing).toBe("firing");
  const { items, next } = alerts.history(new URLSearchParams({ market: "sim-7", limit: "1" }));
  expect([items.map(({ number }) => number), next]).toEqual([[2], 2]);
  const { count, firings } = alerts.preview(alertRule({ when: { all: [alertCondition()], any: null } }));
  expect([count, firings.map(({ ended_at }) => ended_at)]).toEqual([2, [240_000, null]]);
  alerts.remove(saved.id);
  expect(alerts.lasting()).toEqual([]);
});

test("what is wrong is said with a pointer, as the server does", () => {
  const alerts = new MockAlerts("sim-7", () => null);
  expect(alerts.save({ name: " ", when: { all: [alertCondition()], any: null } }, null)).toMatchObject({
    pointer: "/name",
  });
  expect(alerts.list()).toEqual([]);
});

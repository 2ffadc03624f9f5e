import { describe, expect, test } from "vitest";
import { alertEvent, T0 } from "@/testing/builders";
import { eventsCsv } from "./history-csv";
import { eventFilter, filterQuery, mergedEvents, parseFilter } from "./history-filter";

const ALL = { severity: "", rule: "", seen: "" };
const ids = (events: { id: string }[]) => events.map(({ id }) => id);

describe("the filter", () => {
  test("stands in the address and comes back from it", () => {
    const filter = { severity: "critical", rule: "r1", seen: "no" };
    expect(parseFilter(`?${filterQuery(filter)}`)).toEqual(filter);
    expect(parseFilter("?severity=loud&seen=perhaps")).toEqual(ALL);
    expect(eventFilter("sim-7", filter)).toEqual({
      ...{ market: "sim-7", severity: "critical", ruleId: "r1", acknowledged: false },
    });
    expect(eventFilter("sim-7", { ...ALL, seen: "firing" })).toEqual({ market: "sim-7", ended: false });
  });
});

describe("pages and what was told since", () => {
  const pages = [alertEvent(4), alertEvent(3)];

  test("make one list, each event as it is now", () => {
    const told = [alertEvent(5), alertEvent(3, { seq: 9, ended_at: T0 })];
    const merged = mergedEvents(pages, told, ALL);
    expect(ids(merged)).toEqual(["e5", "e4", "e3"]);
    expect(merged[2]?.ended_at).toBe(T0);
  });

  test("an older answer does not take a change back", () => {
    const told = [alertEvent(4, { seq: 8, acknowledged_at: T0 })];
    expect(mergedEvents(pages, told, ALL)[0]?.acknowledged_at).toBe(T0);
  });

  test("what no longer fits leaves, and nothing beyond the pages leaves holes", () => {
    const told = [alertEvent(4, { seq: 8, acknowledged_at: T0 }), alertEvent(1)];
    expect(ids(mergedEvents(pages, told, { ...ALL, seen: "no" }))).toEqual(["e3"]);
  });
});

test("the file has the evidence, and a name that would be a formula is inert", () => {
  const event = alertEvent(1);
  const [head, row, ...rest] = eventsCsv([{ ...event, rule: { ...event.rule, name: '=HYPERLINK("x")' } }])
    .trim()
    .split("\n");
  expect(head?.split(",").slice(0, 3)).toEqual(["time", "event_id", "market"]);
  expect(row).toContain(`"'=HYPERLINK(""x"")"`);
  expect(row).toContain("2.31,standard deviations");
  expect(row).toContain('"59 complete, 1 quiet",BTCUSDT 10-20');
  expect(rest).toEqual([]);
});

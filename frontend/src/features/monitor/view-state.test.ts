import { describe, expect, test } from "vitest";
import { windowProblem } from "@/lib/window";
import { clientConfig } from "@/testing/builders";
import { pairTopic, parseView, viewAddress } from "./view-state";

const config = clientConfig();

describe("the address", () => {
  test("names the whole view and reads back the same", () => {
    const address = "/?a=BTCUSDT&b=ETHUSDT&tf=5m&m=ols&w=120&z=2.5,0.25&s=log";
    const view = parseView(address.slice(1), config);
    expect(view).toEqual({
      a: "BTCUSDT",
      b: "ETHUSDT",
      interval: "5m",
      method: "ols",
      window: 120,
      scale: "log",
      entry: 2.5,
      exit: 0.25,
      stop: 5,
      compare: [],
    });
    expect(viewAddress(view)).toBe(address);
  });

  test("carries a stop of its own and what is compared", () => {
    const address = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5,3.5&s=level&cmp=SOLUSDT,BNBUSDT";
    const view = parseView(address.slice(1), config);
    expect(view).toMatchObject({ stop: 3.5, compare: ["SOLUSDT", "BNBUSDT"] });
    expect(viewAddress(view)).toBe(address);
  });

  test.each(["log", "level"] as const)(
    "on %s prices means the same on a server with another default",
    (scale) => {
      const view = { ...parseView("?a=BTCUSDT&b=ETHUSDT", config), scale };
      for (const other of ["log", "level"] as const) {
        const there = parseView(viewAddress(view).slice(1), clientConfig({ scale: other }));
        expect(there).toEqual(view);
      }
    },
  );

  test("an empty one is the server's defaults, one minute, and no pair", () => {
    const view = parseView("", clientConfig({ window: 90 }));
    expect(view).toMatchObject({ a: null, b: null, interval: "1m", window: 90, entry: 2, exit: 0.5 });
    expect(viewAddress(view)).toBe("/?tf=1m&m=ols&w=90&z=2,0.5&s=level");
  });

  test.each([
    ["?tf=7m", { interval: "1m" }],
    ["?m=magic", { method: "ols" }],
    ["?m=kalman", { method: "ols" }],
    ["?w=1", { window: 60 }],
    ["?w=1000000", { window: 60 }],
    ["?w=12.5", { window: 60 }],
    ["?z=0.5,2", { entry: 2, exit: 0.5 }],
    ["?z=high", { entry: 2, exit: 0.5 }],
    ["?z=2,0.5,1", { entry: 2, exit: 0.5, stop: 4 }],
    ["?a=A&b=B&cmp=a,c,c,d,e,f,g", { compare: ["C", "D", "E", "F"] }],
    ["?a=btcusdt&b=ethusdt", { a: "BTCUSDT", b: "ETHUSDT" }],
    ["?a=BTCUSDT&b=BTCUSDT", { a: "BTCUSDT", b: null }],
    ["?s=sqrt", { scale: "level" }],
  ])("%s is read as far as it makes sense", (search, expected) => {
    expect(parseView(search, config)).toMatchObject(expected);
  });

  test("takes a method by any of its spellings", () => {
    const all = clientConfig({ methods: ["ols", "theil_sen"] });
    expect(parseView("?m=Theil-Sen", all).method).toBe("theil_sen");
  });

  test("without 1m the first interval is the server's first", () => {
    expect(parseView("", clientConfig({ intervals: ["1s", "5m"] })).interval).toBe("1s");
  });
});

test("the topic names everything that the numbers depend on", () => {
  const view = parseView("?a=A&b=B&w=30&s=log", config);
  expect(pairTopic({ ...view, a: "A", b: "B" })).toBe("pair:A-B:1m:30:ols:log");
});

test.each([
  ["60", null],
  ["10", null],
  ["4000", null],
  ["9", "at least 10"],
  ["4001", "at most 4000"],
  ["", "whole number"],
  ["60.5", "whole number"],
  ["many", "whole number"],
])("window %j", (text, problem) => {
  if (problem === null) expect(windowProblem(text)).toBeNull();
  else expect(windowProblem(text)).toContain(problem);
});

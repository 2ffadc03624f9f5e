import { describe, expect, test } from "vitest";
import { clientConfig, MINUTE, T0 } from "@/testing/builders";
import { bytesOf, exportPath, parseRequest, requestAddress, rowsOf, spanOf } from "./export-request";

const CONFIG = clientConfig({ intervals: ["1s", "1m", "5m"], methods: ["ols", "kalman"] });
const SYMBOLS = ["BTCUSDT", "ETHUSDT"];
const parse = (search: string) => parseRequest(search, CONFIG, SYMBOLS);

test("an empty address is the first pair with the server's defaults", () => {
  expect(parse("")).toEqual({
    what: "pair",
    a: "BTCUSDT",
    b: "ETHUSDT",
    interval: "1m",
    window: CONFIG.window,
    method: CONFIG.method,
    scale: CONFIG.scale,
    from: null,
    to: null,
    format: "csv",
  });
});

test.each([
  ["?what=bars&a=ethusdt&tf=5m&from=1000&to=2000&format=parquet"],
  ["?what=pair&a=ETHUSDT&b=BTCUSDT&w=240&m=kalman&s=log"],
  ["?what=trades&format=arrow"],
])("%s is read back from its own address", (search) => {
  const request = parse(search);
  expect(parse(requestAddress(request).replace("/export-data", ""))).toEqual(request);
});

test("what an address says wrong is the default", () => {
  const request = parse("?what=all&tf=7m&w=-1&m=best&from=soon&to=1e99&format=xls&a=ETHUSDT&b=ETHUSDT");
  expect(request).toEqual({ ...parse(""), a: "ETHUSDT", b: "BTCUSDT" });
});

test.each(["", "9", "4001", "10.5", "many"])("a window of %s bars is none", (window) => {
  expect(parse(`?w=${window}`).window).toBe(CONFIG.window);
});

test("the path asks for what is shown", () => {
  expect(exportPath(parse("?what=bars&a=ETHUSDT&tf=5m&from=1000&to=2000&format=parquet"))).toBe(
    "/export/ohlcv?format=parquet&start=1000&end=2000&symbol=ETHUSDT&interval=5m",
  );
  expect(exportPath(parse("?what=trades&a=ETHUSDT"))).toBe("/export/ticks?format=csv&symbol=ETHUSDT");
  expect(exportPath(parse("?w=240&m=kalman&s=log"))).toBe(
    "/export?format=csv&symbol_a=BTCUSDT&symbol_b=ETHUSDT&interval=1m&window=240&method=kalman&scale=log",
  );
});

describe("the estimate", () => {
  const stored = (first: number, last: number) => [
    { interval: null, first_time: first, last_time: last },
    { interval: "1m", first_time: first, last_time: last },
  ];

  test("is of what both legs have of the range", () => {
    const legs = [stored(T0, T0 + 99 * MINUTE), stored(T0 + 10 * MINUTE, T0 + 199 * MINUTE)];
    const span = spanOf(parse(""), legs);
    expect(span).toEqual({ from: T0 + 10 * MINUTE, to: T0 + 100 * MINUTE });
    expect(rowsOf(parse(""), span ?? { from: 0, to: 0 }, null)).toBe(90);
    const cut = parse(`?from=${T0 + 20 * MINUTE}&to=${T0 + 30 * MINUTE}`);
    expect(spanOf(cut, legs)).toEqual({ from: T0 + 20 * MINUTE, to: T0 + 30 * MINUTE });
  });

  test("is nothing where a leg has nothing there", () => {
    expect(spanOf(parse(""), [stored(T0, T0), []])).toBeNull();
    expect(spanOf(parse(`?to=${T0}`), [stored(T0, T0), stored(T0, T0)])).toBeNull();
  });

  test("of trades follows from their rate, and is not known without one", () => {
    const request = parse("?what=trades");
    const span = spanOf(request, [stored(T0, T0 + 10 * MINUTE)]) ?? { from: 0, to: 0 };
    expect(rowsOf(request, span, 5)).toBe(3000);
    expect(rowsOf(request, span, null)).toBeNull();
  });

  test("a file is larger as text than as Parquet", () => {
    expect(bytesOf(parse("?format=csv"), 1000)).toBeGreaterThan(bytesOf(parse("?format=parquet"), 1000));
  });
});

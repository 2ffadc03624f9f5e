import { describe, expect, test } from "vitest";
import type { PairAnalytics } from "@/api/types";
import { clientConfig, MINUTE, pairData, T0 } from "@/testing/builders";
import { aftermathOf } from "./aftermath";
import { parseView } from "./view-state";
import { aftermathTable, aftermathWords } from "./what-next";

type Rows = { z: (number | null)[]; a: (number | null)[]; b: number[]; beta: number[] };
const at = { entry: 2, exit: 0.5, stop: 4 };
const MIDDLE = 2;

function pairOf({ z, a, b, beta }: Rows, part: Partial<PairAnalytics> = {}): PairAnalytics {
  const pair = pairData(part);
  const series = {
    ...pair.series,
    time: z.map((_, index) => T0 + index * MINUTE),
    zscore: z,
    price_a: a,
    price_b: b,
    beta,
  };
  return { ...pair, series };
}
// Sold at row 1, out at row 3; bought at row 5.
const ROWS: Rows = {
  z: [0, 2.5, 1.2, 0.1, -1, -3, -1],
  a: [100, 104, 102, 100, 99, 96, 99],
  b: [10, 10, 11, 10, 10, 10, 10],
  beta: [2, 2, 9, 9, 9, 3, 9],
};

describe("what happened next", () => {
  test("is what a position of the entry's own β made, whatever β became", () => {
    const [one, two] = aftermathOf(pairOf(ROWS), at).horizons;
    // Sold: −((102 − 104) − 2·(11 − 10)) = 4 of 104 + 2·10. Bought: (99 − 96) − 3·0 = 3 of 96 + 3·10.
    const [sold, bought] = [(4 / 124) * 1e4, (3 / 126) * 1e4];
    expect(one).toMatchObject({ bars: 1, n: 2, gained: 1 });
    expect(one?.pnl[MIDDLE]).toBeCloseTo((sold + bought) / 2, 9);
    // z is turned so that both entries were above: 1.2 and 1.
    expect(one?.z[MIDDLE]).toBeCloseTo(1.1, 12);
    // The second entry is too young to be counted two bars on.
    expect(two).toMatchObject({ bars: 2, n: 1 });
    expect(two?.pnl[MIDDLE]).toBeCloseTo((4 / 124) * 1e4, 9);
  });

  test("counts an entry once, and no later one while it is open", () => {
    const z = [0, 2.5, 1.9, 2.6, 0.4, 2.2, 0];
    const found = aftermathOf(pairOf({ ...ROWS, z }), at);
    expect(found).toMatchObject({ entries: 2, bars: 7 });
  });

  test("leaves out what cannot be known", () => {
    const found = aftermathOf(pairOf({ ...ROWS, a: [100, 104, null, 100, 99, 96, 99] }), at);
    expect(found.horizons[0]).toMatchObject({ n: 1, gained: 1 });
    const none = aftermathOf(pairOf({ ...ROWS, z: ROWS.z.map(() => null) }), at);
    expect(none).toMatchObject({ entries: 0, bars: 0 });
    expect(none.horizons[0]).toMatchObject({ n: 0, gained: null, z: [null, null, null, null, null] });
  });

  test("of log prices is a share of both legs' worth", () => {
    const [one] = aftermathOf(pairOf({ ...ROWS, z: [0, 2.5, 1, 1, 1, 1, 1] }, { scale: "log" }), at).horizons;
    const change = Math.log(102 / 104) - 2 * Math.log(11 / 10);
    expect(one?.pnl[MIDDLE]).toBeCloseTo((-change / 3) * 1e4, 9);
  });

  test("is said in words, with a warning when entries are few", () => {
    const z = [0, 2.5, ...Array.from({ length: 20 }, () => 1)];
    const level = (value: number) => z.map(() => value);
    const a = [100, 100, ...Array.from({ length: 20 }, () => 99)];
    const found = aftermathOf(pairOf({ z, a, b: level(10), beta: level(0) }), at);
    expect(aftermathWords(found, 2)).toBe(
      "1 entry beyond ±2 in 22 bars. Median after 15: z +1.0, +100.0 bps before costs; 100 % gained. Too few to lean on.",
    );
  });

  test("has a table by the number of bars after", () => {
    const view = { ...parseView("?z=2,0.5", clientConfig()), a: "A", b: "B" };
    const { times, columns, index } = aftermathTable(pairOf(ROWS), view);
    expect(index?.name).toBe("bars_after");
    expect(times).toHaveLength(60);
    expect(columns.map(({ name }) => name)).toEqual([
      "entries",
      ...["z_10", "z_25", "z_50", "z_75", "z_90"],
      ...["pnl_10", "pnl_25", "pnl_50", "pnl_75", "pnl_90"],
      "gained",
    ]);
    expect(columns[3]?.value(1)).toBeCloseTo(1.1, 12);
  });
});

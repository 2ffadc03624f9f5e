import { describe, expect, test } from "vitest";
import type { PairTruth } from "@/api/truth";
import { pairLab } from "@/testing/lab-builders";
import { betaFigure } from "./figures";
import { truthLines } from "./truth-lines";

const theme = new Proxy({} as never, { get: (_, name) => `#${String(name)}` });
const TRUE: PairTruth = { kind: "cointegrated", scale: "level", alpha: 6, beta: 2, half_life_s: 600 };
const lab = pairLab({ half_life: { ...pairLab().half_life, bars: 8, seconds: 480, low: 4, high: 9 } });
const [fit] = lab.fits;
const withBeta = (low: number, high: number) =>
  pairLab({ ...lab, fits: fit ? [{ ...fit, beta: 3, beta_low: low, beta_high: high }] : [] });
const by = (truth: PairTruth, at = lab) => new Map(truthLines(truth, at).map((line) => [line.key, line]));

describe("the truth beside the estimates", () => {
  test("says of each number whether its interval holds the truth", () => {
    expect(by(TRUE, withBeta(1.5, 3)).get("beta")).toMatchObject({
      value: 2,
      estimate: "OLS 3.0000",
      held: true,
    });
    expect(by(TRUE, withBeta(2.1, 3)).get("beta")?.held).toBe(false);
    // 4 to 9 bars of a minute are 240 to 540 seconds.
    expect(by(TRUE).get("half_life")).toMatchObject({ text: "10.0 min", held: false });
    expect(by({ ...TRUE, half_life_s: 300 }).get("half_life")?.held).toBe(true);
  });

  test("an interval without an upper end holds all that is longer", () => {
    const open = pairLab({ half_life: { ...lab.half_life, high: null } });
    expect(by(TRUE, open).get("half_life")?.held).toBe(true);
  });

  test("is none on the other scale, but for the half-life", () => {
    const found = by({ ...TRUE, scale: "log" });
    expect(found.get("beta")).toMatchObject({ value: null, reason: "known of log prices alone", held: null });
    expect(found.get("half_life")?.value).toBe(600);
  });

  test("of pairs that only move together is none, and said", () => {
    const found = by({ kind: "correlated", scale: "level", alpha: null, beta: null, half_life_s: null });
    for (const { value, reason } of found.values()) {
      expect(value).toBeNull();
      expect(reason).toBe("a correlated pair has none");
    }
  });

  test("is a line of the chart of hedge ratios, on its own scale alone", () => {
    const names = (truth: PairTruth | null) =>
      betaFigure(lab, { theme, compact: true }, "utc", truth).data.map(({ name }) => name);
    expect(names(TRUE)).toContain("truth");
    expect(names({ ...TRUE, scale: "log" })).not.toContain("truth");
    expect(names(null)).not.toContain("truth");
  });
});

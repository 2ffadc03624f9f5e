import type { PairLab } from "@/api/types";
import { duration, fixed, pValue, range, significant } from "@/lib/format";
import { whyNot } from "./why-not";

/** One statistic in words: what it says now, what it means, when it must not be trusted. */
export type Reading = {
  key: string;
  name: string;
  /** The numbers themselves; null with a reason where there are none. */
  text: string | null;
  reason: string | null;
  says: string;
  means: string;
  beware: string;
};

type Words = Omit<Reading, "key" | "reason" | "text">;
const SIGNIFICANCE = 0.05;

const rejects = (p: number | null) => p !== null && p < SIGNIFICANCE;

function reading(
  key: string,
  part: { status: PairLab["status"]; reason: string | null },
  text: string,
  words: Words,
): Reading {
  const reason = whyNot(part);
  return { key, reason, text: reason === null ? text : null, ...words };
}

function engleGranger({ cointegration: test }: PairLab): Reading {
  const text = `p ${pValue(test.p_value)} (first on second ${pValue(test.p_yx)}, second on first ${pValue(test.p_xy)})`;
  return reading("cointegration", test, text, {
    name: "Engle-Granger",
    says: rejects(test.p_value) ? "cointegrated at 5 %" : "not shown to be cointegrated",
    means:
      "The chance of residuals that look so much like coming back if the legs had nothing to do with each other.",
    beware: "a p that is renewed with every bar describes; the verdict belongs to a window fixed beforehand.",
  });
}

function residualAdf({ adf }: PairLab): Reading {
  const bound = adf.critical_values?.["5%"] ?? null;
  return reading("adf", adf, `t ${fixed(adf.statistic, 2)}, p ${pValue(adf.p_value)}, ${adf.lags} lags`, {
    name: "ADF of the residuals",
    says: rejects(adf.p_value) ? "no unit root" : "a unit root is not rejected",
    means: `In one direction only; t has to be under ${fixed(bound, 2)}, the value for residuals that were estimated.`,
    beware: "the tables of a given series would call three times as many pairs stationary as there are.",
  });
}

function kpss({ kpss: test }: PairLab): Reading {
  const bound = test.p_bound ? `${test.p_bound} ` : "";
  return reading("kpss", test, `${fixed(test.statistic, 3)}, p ${bound}${fixed(test.p_value, 2)}`, {
    name: "KPSS of the residuals",
    says: rejects(test.p_value) ? "not stationary" : "stationarity is not rejected",
    means: "Asks the other way round: its null is that the residuals are stationary.",
    beware:
      "a spread that comes back slowly is rejected too often, one fitted to a short window too rarely: read it beside ADF.",
  });
}

function varianceRatios({ variance_ratios: tests }: PairLab): Reading {
  const known = tests.filter((test) => whyNot(test) === null);
  const first = tests[0];
  const text = known.map(({ lags, ratio, p_value }) => `${lags}: ${fixed(ratio, 2)} (p ${pValue(p_value)})`);
  const turning = known.filter(
    ({ ratio, p_value }) => ratio !== null && ratio < 1 && rejects(p_value),
  ).length;
  const part = known[0] ?? first ?? { status: "too_short" as const, reason: "too few bars" };
  return reading("variance_ratio", part, text.join(", "), {
    name: "Variance ratios",
    says:
      turning > 0 ? `steps turn back, over ${turning} of ${known.length} spans` : "steps are like a walk’s",
    means:
      "The variance of moves over 2 to 20 bars against that of so many single ones: under 1, moves turn back.",
    beware: "bounce between bid and ask turns back, too, and cannot be traded; look at the longer spans.",
  });
}

function hurst({ hurst: test }: PairLab): Reading {
  const edge = test.at_edge ? ", at the edge of its range" : "";
  return reading("hurst", test, `${fixed(test.hurst, 2)}, 95 % ${range(test.low, test.high, 2)}${edge}`, {
    name: "Hurst exponent",
    says:
      test.high !== null && test.high < 0.5
        ? "turns back"
        : test.low !== null && test.low > 0.5
          ? "keeps going"
          : "like a walk",
    means: "0.5 is a walk, less turns back, more keeps going.",
    beware: "it looks at slow movement alone: under some 500 bars the interval is wide.",
  });
}

function halfLife({ half_life: life }: PairLab): Reading {
  const text = `${fixed(life.bars, 1)} bars (${duration(life.seconds)}), 95 % ${range(life.low, life.high, 1)}`;
  return reading("half_life", life, text, {
    name: "Half-life",
    says: life.high === null ? "may be endless" : "bounded",
    means: "In so many bars half of a deviation is gone.",
    beware:
      "it is biased down: a pure walk of 120 bars shows 20. Trust the interval; ∞ means that it may not come back.",
  });
}

function stability({ stability: test }: PairLab): Reading {
  const betas = `β ${significant(test.beta_first, 4)}, then ${significant(test.beta_second, 4)}`;
  return reading("stability", test, `${betas}, p ${pValue(test.p_value)}`, {
    name: "Stability",
    says: rejects(test.p_value) ? "the line has moved" : "one line in both halves",
    means: "Compares the line in the first half of the window with that in the second.",
    beware:
      "with a half-life over a fifteenth of the window it finds moves that are none; a move off the middle is missed.",
  });
}

function leg({ symbol, adf, kpss: other }: PairLab["legs"][number]): Reading {
  const bound = other.p_bound ? `${other.p_bound} ` : "";
  const text = `ADF p ${pValue(adf.p_value)}, KPSS p ${bound}${fixed(other.p_value, 2)}`;
  return reading(`leg:${symbol}`, adf, text, {
    name: `${symbol} alone`,
    says: rejects(adf.p_value) ? "comes back by itself" : "a walk, as it should be",
    means: "Only walks can be cointegrated: a leg that comes back by itself needs no partner.",
    beware: "a trend within the window looks like a walk, and short windows call everything one.",
  });
}

/** Everything the lab knows of the residuals and the legs, in words. */
export function readingsOf(lab: PairLab): Reading[] {
  const single = [engleGranger, residualAdf, kpss, halfLife, varianceRatios, hurst, stability];
  return [...single.map((make) => make(lab)), ...lab.legs.map(leg)];
}

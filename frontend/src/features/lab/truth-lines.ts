import type { PairTruth } from "@/api/truth";
import type { PairLab } from "@/api/types";
import { duration, fixed, significant } from "@/lib/format";
import { methodName } from "@/lib/words";

/** One true number beside its estimate. */
export type TruthLine = {
  key: "beta" | "alpha" | "half_life";
  name: string;
  /** Null with a reason where there is none. */
  value: number | null;
  text: string;
  reason: string | null;
  estimate: string;
  /** Whether the estimate's 95 % interval holds the truth; null where there is no interval. */
  held: boolean | null;
};

const OTHER_SCALE = { level: "known of prices, not of their logarithms", log: "known of log prices alone" };

function within(value: number | null, low: number | null, high: number | null): boolean | null {
  // An interval without an upper end reaches as far as can be.
  return value === null || low === null ? null : low <= value && value <= (high ?? Number.POSITIVE_INFINITY);
}

/** The simulated market's known numbers of a pair, each with what the chosen method makes of it. */
export function truthLines(truth: PairTruth, lab: PairLab): TruthLine[] {
  const fit = lab.fits.find(({ method }) => method === lab.method);
  const by = methodName(lab.method);
  const other = truth.scale !== lab.scale ? OTHER_SCALE[truth.scale] : null;
  const unknown = `a ${truth.kind} pair has none`;
  const line = (key: "beta" | "alpha", name: string): TruthLine => {
    const value = other === null ? truth[key] : null;
    return {
      key,
      name,
      value,
      text: significant(value, 5),
      reason: value === null ? (other ?? unknown) : null,
      estimate: `${by} ${significant(fit?.[key] ?? null, 5)}`,
      held: key === "beta" ? within(value, fit?.beta_low ?? null, fit?.beta_high ?? null) : null,
    };
  };
  const { half_life: life } = lab;
  const { seconds, bars } = life;
  const aBar = seconds !== null && bars ? seconds / bars : null;
  const edge = (end: number | null) => (end === null || aBar === null ? null : end * aBar);
  const seconds_true = truth.half_life_s;
  return [
    line("beta", "β"),
    line("alpha", "α"),
    {
      key: "half_life",
      name: "Half-life",
      value: seconds_true,
      text: duration(seconds_true),
      reason: seconds_true === null ? unknown : null,
      estimate: `estimated ${seconds === null ? fixed(null, 0) : duration(seconds)}`,
      held: within(seconds_true, edge(life.low), edge(life.high)),
    },
  ];
}

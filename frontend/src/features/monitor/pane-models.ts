import type { BarList, PairAnalytics } from "@/api/types";
import { gapSpans } from "@/charts/gaps";
import type { LineSeries, Pane } from "@/charts/series";
import { decimalsFor, fixed, signed } from "@/lib/format";
import { intervalMs } from "@/lib/intervals";
import { tradeMarkers } from "./signal";
import type { PairView } from "./view-state";

export type Decimals = { a: number; b: number };
type Bars = BarList | null;

const NO_BARS: BarList["items"] = [];
const NO_SERIES = { time: [], alpha: [], sd: [], spread: [], zscore: [], correlation: [] };

const stepOf = (view: PairView) => intervalMs(view.interval) ?? 60_000;

function line(series: Pick<LineSeries, "key" | "label" | "color" | "time" | "value" | "format">): LineSeries {
  return { kind: "line", axis: "right", dashed: false, drawn: true, ...series };
}

export function pricePane(view: PairView, a: Bars, b: Bars, decimals: Decimals): Pane {
  const barsA = a?.items ?? NO_BARS;
  const barsB = b?.items ?? NO_BARS;
  const step = stepOf(view);
  return {
    key: "price",
    title: "Price",
    weight: 2.6,
    step,
    series: [
      {
        kind: "candles",
        key: "a",
        label: view.a,
        color: "leg-a",
        candles: barsA,
        format: (value) => fixed(value, decimals.a),
      },
      {
        ...line({
          key: "b",
          label: view.b,
          color: "leg-b",
          time: barsB.map((bar) => bar.time),
          value: barsB.map((bar) => bar.close),
          format: (value) => fixed(value, decimals.b),
        }),
        axis: "left",
      },
    ],
    levels: [],
    markers: [],
    marked: false,
    gaps: gapSpans([barsA, barsB], step),
  };
}

/** The columns of the spread pane. α is the mean of y − β·x over its window, since residuals have the mean 0. */
function spreadColumns(pair: PairAnalytics, sds: number) {
  const { alpha, sd, spread } = pair.series;
  const minus = (value: number | null, mean: number | null) =>
    value === null || mean === null ? null : value - mean;
  const times = (value: number | null, factor: number) => (value === null ? null : value * factor);
  return {
    deviation: spread.map((value, index) => minus(value, alpha[index] ?? null)),
    upper: sd.map((value) => times(value, sds)),
    lower: sd.map((value) => times(value, -sds)),
  };
}

const NO_COLUMNS = { deviation: [], upper: [], lower: [] };

/**
 * The spread less its window's mean, between bands of σ. Each bar has a β of its own: y − β·x itself moves by β's
 * steps times the price of x, which dwarf what a trader looks for; its values stand in the legend.
 */
export function spreadPane(view: PairView, pair: PairAnalytics | null, gaps: Pane["gaps"]): Pane {
  const { time, alpha, spread } = pair?.series ?? NO_SERIES;
  const { deviation, upper, lower } = pair ? spreadColumns(pair, view.entry) : NO_COLUMNS;
  const decimals = decimalsFor(pair?.sd ?? null, 3);
  const base = { time, format: (value: number | null) => fixed(value, decimals) };
  const quiet = { ...base, color: "text-3" as const };
  return {
    key: "spread",
    title: "Spread less mean",
    weight: 1.35,
    step: stepOf(view),
    series: [
      line({ ...base, key: "deviation", label: "", color: "text", value: deviation }),
      { ...line({ ...quiet, key: "upper", label: `+${view.entry}σ`, value: upper }), dashed: true },
      { ...line({ ...quiet, key: "lower", label: `−${view.entry}σ`, value: lower }), dashed: true },
      { ...line({ ...quiet, key: "spread", label: "spread", value: spread }), drawn: false },
      { ...line({ ...quiet, key: "mean", label: "mean", value: alpha }), drawn: false },
    ],
    levels: [{ value: 0, label: "mean", color: "text-3" }],
    markers: [],
    marked: false,
    gaps,
  };
}

export function zscorePane(view: PairView, pair: PairAnalytics | null, gaps: Pane["gaps"]): Pane {
  const { time, zscore } = pair?.series ?? NO_SERIES;
  const { entry, exit } = view;
  return {
    key: "zscore",
    title: "Z-score",
    weight: 1.75,
    step: stepOf(view),
    series: [
      line({ key: "z", label: "", color: "text", time, value: zscore, format: (value) => signed(value, 2) }),
    ],
    levels: [
      { value: entry, label: "entry", color: "down" },
      { value: exit, label: "exit", color: "text-3" },
      { value: -exit, label: "exit", color: "text-3" },
      { value: -entry, label: "entry", color: "up" },
    ],
    markers: tradeMarkers(time, zscore, entry, exit),
    marked: true,
    gaps,
  };
}

export function correlationPane(view: PairView, pair: PairAnalytics | null, gaps: Pane["gaps"]): Pane {
  const { time, correlation } = pair?.series ?? NO_SERIES;
  return {
    key: "correlation",
    title: "Correlation of returns",
    weight: 1,
    step: stepOf(view),
    series: [
      line({
        key: "correlation",
        label: "",
        color: "leg-b",
        time,
        value: correlation,
        format: (value) => signed(value, 2),
      }),
    ],
    levels: [],
    markers: [],
    marked: false,
    gaps,
  };
}

/** All data that the panes draw. */
export type PaneData = { a: Bars; b: Bars; pair: PairAnalytics | null };

/** The live panes from top to bottom. */
export const PANE_KEYS = ["price", "spread", "zscore", "correlation"] as const;
export type PaneKey = (typeof PANE_KEYS)[number];

export function paneModel(key: PaneKey, view: PairView, data: PaneData, decimals: Decimals): Pane {
  const price = pricePane(view, data.a, data.b, decimals);
  switch (key) {
    case "price":
      return price;
    case "spread":
      return spreadPane(view, data.pair, price.gaps);
    case "zscore":
      return zscorePane(view, data.pair, price.gaps);
    case "correlation":
      return correlationPane(view, data.pair, price.gaps);
  }
}

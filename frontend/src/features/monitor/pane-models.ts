import type { BarList, PairAnalytics } from "@/api/types";
import { gapSpans } from "@/charts/gaps";
import type { LineSeries, Pane } from "@/charts/series";
import type { Token } from "@/charts/theme";
import { decimalsFor, fixed, signed, significant } from "@/lib/format";
import { intervalMs } from "@/lib/intervals";
import { movingAverage, rebased } from "@/lib/rolling";
import { tradeMarkers } from "./signal";
import type { PairView } from "./view-state";

export type Decimals = { a: number; b: number };
type Bars = BarList | null;

/** What the user added to the price pane. */
export type Overlays = {
  /** Bars of each moving average. */
  averages: readonly number[];
  volume: boolean;
};
const NO_OVERLAYS: Overlays = { averages: [], volume: false };
const AVERAGE_LOOKS = [
  { color: "series-3", dashed: false },
  { color: "series-4", dashed: true },
] as const;
const COMPARED_COLORS: readonly Token[] = ["series-3", "series-4", "series-5", "series-6"];

const NO_BARS: BarList["items"] = [];
const NO_SERIES = { time: [], alpha: [], sd: [], spread: [], zscore: [], correlation: [] };

const stepOf = (view: PairView) => intervalMs(view.interval) ?? 60_000;

type Plain = Pick<LineSeries, "key" | "label" | "color" | "time" | "value" | "format"> &
  Partial<Pick<LineSeries, "column">>;

function line(series: Plain): LineSeries {
  const plain = { axis: "right", style: "line", dashed: false, shares: false, drawn: true } as const;
  return { kind: "line", column: series.key, ...plain, ...series };
}

function overlaySeries(
  view: PairView,
  barsA: BarList["items"],
  decimals: Decimals,
  overlays: Overlays,
): LineSeries[] {
  const time = barsA.map((bar) => bar.time);
  const closes = barsA.map((bar) => bar.close);
  // Of the bar itself and those before it: an average never knows what comes.
  const averages = overlays.averages.map((window, index) => ({
    ...line({
      key: `average-${window}`,
      label: `MA ${window}`,
      column: `${view.a}_sma${window}`,
      color: AVERAGE_LOOKS[index]?.color ?? "text-3",
      time,
      value: movingAverage(closes, window),
      format: (value) => fixed(value, decimals.a),
    }),
    dashed: AVERAGE_LOOKS[index]?.dashed ?? false,
    shares: true,
  }));
  const volume: LineSeries = {
    ...line({
      key: "volume",
      label: "Vol",
      column: `${view.a}_volume`,
      color: "line",
      time,
      value: barsA.map((bar) => bar.volume),
      format: (value) => significant(value, 4),
    }),
    axis: "own",
    style: "columns",
  };
  return [...averages, ...(overlays.volume ? [volume] : [])];
}

/** All that is compared, in percent of its close at the first time at which all of them have one. */
function comparedPane(view: PairView, data: PaneData): Pane {
  const step = stepOf(view);
  const legs = [
    { symbol: view.a, items: data.a?.items ?? NO_BARS, color: "leg-a" as Token },
    { symbol: view.b, items: data.b?.items ?? NO_BARS, color: "leg-b" as Token },
  ];
  const others = view.compare.map((symbol, index) => ({
    symbol,
    items: data.others?.get(symbol)?.items ?? NO_BARS,
    color: COMPARED_COLORS[index] ?? "text-2",
  }));
  const all = [...legs, ...others];
  const start = Math.max(...all.map(({ items }) => items.find((bar) => bar.close !== null)?.time ?? 0));
  return {
    key: "price",
    title: "Rebased to 100",
    weight: 2.6,
    step,
    series: all.map(({ symbol, items, color }) =>
      line({
        key: symbol,
        label: symbol,
        column: `${symbol}_rebased`,
        color,
        time: items.map((bar) => bar.time),
        value: rebased(
          items.map((bar) => bar.close),
          items.find((bar) => bar.time >= start && bar.close !== null)?.close ?? null,
        ),
        format: (value) => fixed(value, 2),
      }),
    ),
    levels: [{ value: 100, label: "start", color: "text-3", beyond: true }],
    markers: [],
    marked: false,
    gaps: gapSpans(
      all.map(({ items }) => items),
      step,
    ),
  };
}

export function pricePane(view: PairView, data: PaneData, decimals: Decimals, overlays: Overlays): Pane {
  if (view.compare.length > 0) return comparedPane(view, data);
  const barsA = data.a?.items ?? NO_BARS;
  const barsB = data.b?.items ?? NO_BARS;
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
        column: view.a,
        color: "leg-a",
        candles: barsA,
        format: (value) => fixed(value, decimals.a),
      },
      {
        ...line({
          key: "b",
          label: view.b,
          column: `${view.b}_close`,
          color: "leg-b",
          time: barsB.map((bar) => bar.time),
          value: barsB.map((bar) => bar.close),
          format: (value) => fixed(value, decimals.b),
        }),
        axis: "left",
      },
      ...overlaySeries(view, barsA, decimals, overlays),
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
      {
        ...line({ ...quiet, key: "upper", label: `+${view.entry}σ`, value: upper }),
        dashed: true,
      },
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
  const { entry, exit, stop } = view;
  return {
    key: "zscore",
    title: "Z-score",
    weight: 1.75,
    step: stepOf(view),
    series: [
      line({
        key: "z",
        label: "",
        column: "zscore",
        color: "text",
        time,
        value: zscore,
        format: (value) => signed(value, 2),
      }),
    ],
    levels: [
      { value: stop, label: "stop", color: "warn", beyond: true },
      { value: entry, label: "entry", color: "down" },
      { value: exit, label: "exit", color: "text-3" },
      { value: -exit, label: "exit", color: "text-3" },
      { value: -entry, label: "entry", color: "up" },
      { value: -stop, label: "stop", color: "warn", beyond: true },
    ],
    markers: tradeMarkers(time, zscore, view),
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
export type PaneData = {
  a: Bars;
  b: Bars;
  pair: PairAnalytics | null;
  /** Of the compared symbols. */
  others?: ReadonlyMap<string, Bars>;
};

/** The live panes from top to bottom. */
export const PANE_KEYS = ["price", "spread", "zscore", "correlation"] as const;
export type PaneKey = (typeof PANE_KEYS)[number];

export function paneModel(
  key: PaneKey,
  view: PairView,
  data: PaneData,
  decimals: Decimals,
  overlays: Overlays = NO_OVERLAYS,
): Pane {
  const price = pricePane(view, data, decimals, overlays);
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

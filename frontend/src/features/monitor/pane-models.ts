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
  return { kind: "line", axis: "right", dashed: false, ...series };
}

export function pricePane(view: PairView, a: Bars, b: Bars, decimals: Decimals): Pane {
  const barsA = a?.items ?? NO_BARS;
  const barsB = b?.items ?? NO_BARS;
  const step = stepOf(view);
  return {
    key: "price",
    title: "Price",
    weight: 3,
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
    gaps: gapSpans([barsA, barsB], step),
  };
}

/** α is the mean of the window's spread y − β·x, since its residuals have the mean 0. */
function band(pair: PairAnalytics, sds: number): (number | null)[] {
  const { alpha, sd } = pair.series;
  return alpha.map((mean, index) => {
    const width = sd[index] ?? null;
    return mean === null || width === null ? null : mean + sds * width;
  });
}

export function spreadPane(view: PairView, pair: PairAnalytics | null, gaps: Pane["gaps"]): Pane {
  const { time, alpha, spread } = pair?.series ?? NO_SERIES;
  const decimals = decimalsFor(pair?.sd ?? null, 3);
  const format = (value: number | null) => fixed(value, decimals);
  const dashed = (key: string, label: string, value: (number | null)[]): LineSeries => ({
    ...line({ key, label, color: "text-3", time, value, format }),
    dashed: true,
  });
  const sds = view.entry;
  return {
    key: "spread",
    title: "Spread",
    weight: 1.5,
    step: stepOf(view),
    series: [
      line({ key: "spread", label: "Spread", color: "text", time, value: spread, format }),
      dashed("mean", "Mean", alpha),
      dashed("upper", `+${sds}σ`, pair ? band(pair, sds) : []),
      dashed("lower", `−${sds}σ`, pair ? band(pair, -sds) : []),
    ],
    levels: [],
    markers: [],
    gaps,
  };
}

export function zscorePane(view: PairView, pair: PairAnalytics | null, gaps: Pane["gaps"]): Pane {
  const { time, zscore } = pair?.series ?? NO_SERIES;
  const { entry, exit } = view;
  return {
    key: "zscore",
    title: "Z-score",
    weight: 1.5,
    step: stepOf(view),
    series: [
      line({ key: "z", label: "Z", color: "text", time, value: zscore, format: (value) => signed(value, 2) }),
    ],
    levels: [
      { value: entry, label: "entry", color: "down" },
      { value: exit, label: "exit", color: "text-3" },
      { value: -exit, label: "exit", color: "text-3" },
      { value: -entry, label: "entry", color: "up" },
    ],
    markers: tradeMarkers(time, zscore, entry, exit),
    gaps,
  };
}

export function correlationPane(view: PairView, pair: PairAnalytics | null, gaps: Pane["gaps"]): Pane {
  const { time, correlation } = pair?.series ?? NO_SERIES;
  return {
    key: "correlation",
    title: "Correlation of returns",
    weight: 1.2,
    step: stepOf(view),
    series: [
      line({
        key: "correlation",
        label: "ρ",
        color: "leg-b",
        time,
        value: correlation,
        format: (value) => signed(value, 2),
      }),
    ],
    levels: [],
    markers: [],
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

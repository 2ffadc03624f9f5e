import type { PairAnalytics } from "@/api/types";
import { axis, baseLayout, type Figure, type FigureLook } from "@/charts/plotly/figure";
import { lowerBound } from "@/lib/sorted";
import { spanOf } from "./explanations";

type Points = { x: number[]; y: number[] };

export type FittedRow = { time: number; x: number; y: number };

/** The prices that the newest fit used, on its scale: leg A (y) against leg B (x). */
export function fittedRows(pair: PairAnalytics): FittedRow[] {
  const { time, price_a, price_b } = pair.series;
  const read = pair.scale === "log" ? Math.log : (price: number) => price;
  const rows: FittedRow[] = [];
  // The fit ends before the last closed bar, so that the z-score of that bar looks at none of its own data.
  const end = pair.last_time === null ? 0 : lowerBound(time, pair.last_time);
  for (let index = lowerBound(time, pair.first_time ?? 0); index < end; index += 1) {
    const a = price_a[index] ?? null;
    const b = price_b[index] ?? null;
    if (a === null || b === null) continue;
    rows.push({ time: time[index] ?? 0, x: read(b), y: read(a) });
  }
  return rows;
}

/** How many bars the fit has, and how many of them the page holds, whose points can be drawn. */
export function fittedBars(pair: PairAnalytics): { held: number; all: number } {
  const span = spanOf(pair);
  if (span === null) return { held: 0, all: 0 };
  const { time } = pair.series;
  // The newest bar of the span is not in the fit.
  const end = span.end - span.step;
  return {
    held: lowerBound(time, end) - lowerBound(time, span.start),
    all: Math.round((end - span.start) / span.step),
  };
}

export function fittedPoints(pair: PairAnalytics): Points {
  const rows = fittedRows(pair);
  return { x: rows.map(({ x }) => x), y: rows.map(({ y }) => y) };
}

/** The scatter of the window's prices with the fitted line and the newest bar, which is not in the fit. */
export function regressionFigure(pair: PairAnalytics, look: FigureLook): Figure {
  const { theme } = look;
  const { x, y } = fittedPoints(pair);
  const read = pair.scale === "log" ? Math.log : (price: number) => price;
  const lastA = pair.series.price_a.at(-1) ?? null;
  const lastB = pair.series.price_b.at(-1) ?? null;
  const { alpha, beta } = pair;
  const ends = x.length > 0 ? [Math.min(...x), Math.max(...x)] : [];
  const unit = pair.scale === "log" ? "log " : "";
  return {
    data: [
      {
        type: "scatter",
        mode: "markers",
        name: "bars of the window",
        x,
        y,
        marker: { color: theme["leg-a"], size: 4, opacity: 0.75 },
        hovertemplate: "%{x:.6~g}, %{y:.6~g}<extra></extra>",
      },
      {
        type: "scatter",
        mode: "lines",
        name: "fit",
        x: alpha === null || beta === null ? [] : ends,
        y: alpha === null || beta === null ? [] : ends.map((end) => alpha + beta * end),
        line: { color: theme.text, width: 1 },
        hoverinfo: "skip",
      },
      {
        type: "scatter",
        mode: "markers",
        name: "newest bar",
        x: lastB === null ? [] : [read(lastB)],
        y: lastA === null ? [] : [read(lastA)],
        marker: { color: theme.warn, size: 8, symbol: "diamond" },
        hovertemplate: "newest %{x:.6~g}, %{y:.6~g}<extra></extra>",
      },
    ],
    layout: {
      ...baseLayout(look),
      xaxis: { ...axis(look, `${unit}${pair.symbol_b}`), nticks: 4 },
      yaxis: { ...axis(look, `${unit}${pair.symbol_a}`), nticks: 5 },
    },
  };
}

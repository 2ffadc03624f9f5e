import type { TimeZone } from "@/lib/format";
import type { CandleSeries, ChartSeries, LineSeries, Marker, Pane } from "../series";
import type { Token } from "../theme";
import { axis, baseLayout, type Figure, type FigureLook, type Trace } from "./figure";
import { axisTime, hoverTime } from "./time-axis";

const AXES = { right: "y", left: "y2", own: "y3" };

const MARKS: Record<Marker["kind"], { name: string; symbol: string; color: Token; size: number }> = {
  sell: { name: "Sell the spread", symbol: "triangle-down", color: "down", size: 10 },
  buy: { name: "Buy the spread", symbol: "triangle-up", color: "up", size: 10 },
  exit: { name: "Exit", symbol: "circle", color: "text-3", size: 6 },
  fired: { name: "Fired", symbol: "circle", color: "warn", size: 7 },
};

function candleTrace(series: CandleSeries, { theme }: FigureLook, zone: TimeZone): Trace {
  const column = (name: "open" | "high" | "low" | "close") => series.candles.map((candle) => candle[name]);
  const x = series.candles.map((candle) => candle.time);
  return {
    type: "candlestick",
    name: series.label,
    x: x.map(axisTime),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    text: x.map((time) => hoverTime(time, zone)),
    hovertemplate: "%{text}<br>O %{open}<br>H %{high}<br>L %{low}<br>C %{close}",
    // Hollow where the price rose, as in the live pane.
    increasing: { line: { color: theme.up, width: 1 }, fillcolor: theme.card },
    decreasing: { line: { color: theme.down, width: 1 }, fillcolor: theme.down },
  };
}

function lineTrace(series: LineSeries, title: string, { theme }: FigureLook, zone: TimeZone): Trace {
  const color = theme[series.color];
  const shape =
    series.style === "columns"
      ? {
          type: "bar" as const,
          marker: { color, opacity: 0.5, line: { width: 0 } },
          // Else each column gets its text written on it, measured and, for want of room, hidden: seconds a drawing.
          textposition: "none",
        }
      : {
          type: "scatter" as const,
          mode: "lines",
          connectgaps: false,
          line: { color, width: 1.25, dash: series.dashed ? "dash" : "solid" },
        };
  return {
    ...shape,
    name: series.label || title,
    x: series.time.map(axisTime),
    y: series.value,
    text: series.time.map((time) => hoverTime(time, zone)),
    hovertemplate: "%{text}<br>%{y:.8~g}",
    visible: series.drawn ? true : "legendonly",
    ...(series.axis === "right" ? {} : { yaxis: AXES[series.axis] }),
  };
}

function trace(series: ChartSeries, title: string, look: FigureLook, zone: TimeZone): Trace {
  return series.kind === "candles" ? candleTrace(series, look, zone) : lineTrace(series, title, look, zone);
}

/** The markers of each kind, by which the legend can hide them. */
function markTraces(markers: readonly Marker[], { theme }: FigureLook, zone: TimeZone): Trace[] {
  const kinds = Object.keys(MARKS) as Marker["kind"][];
  return kinds.flatMap((kind) => {
    const { name, symbol, color, size } = MARKS[kind];
    const own = markers.filter((marker) => marker.kind === kind);
    if (own.length === 0) return [];
    return {
      type: "scatter",
      mode: "markers",
      name,
      x: own.map(({ time }) => axisTime(time)),
      y: own.map(({ value }) => value),
      text: own.map(({ time }) => hoverTime(time, zone)),
      hovertemplate: "%{text}<br>%{y:.8~g}",
      marker: { symbol, size, color: theme[color] },
    };
  });
}

/** The same series and markers as a live pane shows, for Plotly. */
export function paneFigure(pane: Pane, look: FigureLook, zone: TimeZone): Figure {
  const { theme } = look;
  const on = (name: LineSeries["axis"]) =>
    pane.series.find((series) => (series.kind === "candles" ? name === "right" : series.axis === name));
  const level = (value: number) => ({
    type: "line",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: value,
    y1: value,
    line: { color: theme["text-3"], width: 1, dash: "dot" },
  });
  const gap = (from: number, to: number) => ({
    type: "rect",
    yref: "paper",
    y0: 0,
    y1: 1,
    x0: axisTime(from - pane.step / 2),
    x1: axisTime(to + pane.step / 2),
    fillcolor: theme.control,
    opacity: 0.25,
    line: { width: 0 },
  });
  const candles = pane.series.find((series) => series.kind === "candles");
  const columns = on("own");
  const highest = columns?.kind === "line" ? Math.max(...columns.value.map((value) => value ?? 0)) : 0;
  // Columns take the foot of the chart.
  const foot = {
    ...axis(look),
    overlaying: "y",
    showgrid: false,
    showticklabels: false,
    range: [0, 6 * highest],
  };
  return {
    zone,
    data: [
      ...pane.series.map((series) => trace(series, pane.title, look, zone)),
      ...markTraces(pane.markers, look, zone),
    ],
    layout: {
      ...baseLayout(look),
      xaxis: { ...axis(look), type: "date", rangeslider: { visible: false } },
      yaxis: { ...axis(look, candles?.label ?? pane.title), side: "right" },
      ...(on("left")
        ? { yaxis2: { ...axis(look, on("left")?.label), overlaying: "y", side: "left", showgrid: false } }
        : {}),
      ...(columns ? { yaxis3: foot } : {}),
      shapes: [
        ...pane.levels.map(({ value }) => level(value)),
        ...pane.gaps.map(({ from, to }) => gap(from, to)),
      ],
    },
  };
}

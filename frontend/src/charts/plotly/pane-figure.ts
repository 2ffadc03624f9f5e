import type { TimeZone } from "@/lib/format";
import type { ChartSeries, Pane } from "../series";
import { axis, baseLayout, type Figure, type FigureLook, type Trace } from "./figure";
import { axisTime } from "./time-axis";

function trace(series: ChartSeries, title: string, look: FigureLook, zone: TimeZone): Trace {
  const { theme } = look;
  if (series.kind === "candles") {
    const column = (name: "open" | "high" | "low" | "close") => series.candles.map((candle) => candle[name]);
    return {
      type: "candlestick",
      name: series.label,
      x: series.candles.map((candle) => axisTime(candle.time, zone)),
      open: column("open"),
      high: column("high"),
      low: column("low"),
      close: column("close"),
      increasing: { line: { color: theme.up, width: 1 } },
      decreasing: { line: { color: theme.down, width: 1 } },
    };
  }
  return {
    type: "scatter",
    mode: "lines",
    name: series.label || title,
    x: series.time.map((time) => axisTime(time, zone)),
    y: series.value,
    connectgaps: false,
    visible: series.drawn ? true : "legendonly",
    line: { color: theme[series.color], width: 1.25, dash: series.dashed ? "dash" : "solid" },
    ...(series.axis === "left" ? { yaxis: "y2" } : {}),
  };
}

/** The same series as a live pane shows, for Plotly. */
export function paneFigure(pane: Pane, look: FigureLook, zone: TimeZone): Figure {
  const { theme } = look;
  const second = pane.series.some((series) => series.kind === "line" && series.axis === "left");
  const right = pane.series.find((series) => series.kind === "candles" || series.axis === "right");
  const left = pane.series.find((series) => series.kind === "line" && series.axis === "left");
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
    x0: axisTime(from - pane.step / 2, zone),
    x1: axisTime(to + pane.step / 2, zone),
    fillcolor: theme.control,
    opacity: 0.25,
    line: { width: 0 },
  });
  return {
    data: pane.series.map((series) => trace(series, pane.title, look, zone)),
    layout: {
      ...baseLayout(look),
      xaxis: { ...axis(look), type: "date", rangeslider: { visible: false } },
      yaxis: { ...axis(look, right?.label || pane.title), side: "right" },
      ...(second
        ? { yaxis2: { ...axis(look, left?.label), overlaying: "y", side: "left", showgrid: false } }
        : {}),
      shapes: [
        ...pane.levels.map(({ value }) => level(value)),
        ...pane.gaps.map(({ from, to }) => gap(from, to)),
      ],
    },
  };
}

import type { PairTruth } from "@/api/truth";
import type { PairLab } from "@/api/types";
import {
  axis,
  baseLayout,
  type Figure,
  type FigureLook,
  type Layout,
  type Trace,
} from "@/charts/plotly/figure";
import { axisTime, hoverTime } from "@/charts/plotly/time-axis";
import type { TimeZone } from "@/lib/format";
import { methodName } from "@/lib/words";
import { METHOD_COLORS, METHOD_DASHES } from "./methods";

const LEGEND = {
  showlegend: true,
  legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", traceorder: "normal" },
};
const SIGNIFICANCE = 0.05;

function legend(look: FigureLook): Layout {
  const font = { size: 10, color: look.theme["text-2"] };
  return {
    ...LEGEND,
    legend: { ...LEGEND.legend, font },
    ...(look.compact ? { margin: { l: 8, r: 10, t: 22, b: 8 } } : {}),
  };
}

function level(look: FigureLook, value: number, along: "x" | "y"): Layout {
  const [across, other] = along === "y" ? ["x", "y"] : ["y", "x"];
  return {
    type: "line",
    [`${across}ref`]: "paper",
    [`${across}0`]: 0,
    [`${across}1`]: 1,
    [`${other}0`]: value,
    [`${other}1`]: value,
    line: { color: look.theme["text-3"], width: 1, dash: "dot" },
  };
}

/** The prices of the window, one leg against the other, and the line of every method. */
export function scatterFigure(lab: PairLab, look: FigureLook): Figure {
  const { theme } = look;
  const x = lab.residuals.x.filter((value) => value !== null);
  const ends = x.length > 0 ? [Math.min(...x), Math.max(...x)] : [];
  const unit = lab.scale === "log" ? "log " : "";
  const lines = lab.fits.map(({ method, alpha, beta }): Trace => {
    const known = alpha !== null && beta !== null;
    return {
      type: "scatter",
      mode: "lines",
      name: methodName(method),
      x: known ? ends : [],
      y: known ? ends.map((end) => alpha + beta * end) : [],
      line: {
        color: theme[METHOD_COLORS[method]],
        width: method === lab.method ? 2.25 : 1.25,
        dash: METHOD_DASHES[method],
      },
      hoverinfo: "skip",
    };
  });
  return {
    data: [
      {
        type: "scatter",
        mode: "markers",
        name: "bars",
        showlegend: false,
        x: lab.residuals.x,
        y: lab.residuals.y,
        marker: { color: theme["text-3"], size: 4, opacity: 0.6 },
        hovertemplate: "%{x:.7~g}, %{y:.7~g}<extra></extra>",
      },
      ...lines,
    ],
    layout: {
      ...baseLayout(look),
      ...legend(look),
      xaxis: { ...axis(look, `${unit}${lab.symbol_b}`), nticks: 5 },
      yaxis: { ...axis(look, `${unit}${lab.symbol_a}`), nticks: 5 },
    },
  };
}

/** How many residuals a normal law of the same mean and sd would put into each bin. */
export function normalCounts(lab: PairLab): (number | null)[] {
  const { edges, counts, mean, sd, n } = lab.residuals;
  return counts.map((_, bin) => {
    const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
    if (mean === null || sd === null || sd === 0) return null;
    const z = ((from + to) / 2 - mean) / sd;
    return (n * (to - from) * Math.exp(-0.5 * z * z)) / (sd * Math.sqrt(2 * Math.PI));
  });
}

export function middles({ residuals: { edges, counts } }: PairLab): number[] {
  return counts.map((_, bin) => ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0)) / 2);
}

/** The residuals' histogram beside a normal law of the same mean and sd. */
export function histogramFigure(lab: PairLab, look: FigureLook): Figure {
  const { theme } = look;
  const x = middles(lab);
  const { counts, edges } = lab.residuals;
  return {
    data: [
      {
        type: "bar",
        name: "residuals",
        x,
        y: counts,
        width: counts.map((_, bin) => (edges[bin + 1] ?? 0) - (edges[bin] ?? 0)),
        marker: {
          color: theme[METHOD_COLORS[lab.method]],
          opacity: 0.6,
          line: { color: theme.card, width: 1 },
        },
        hovertemplate: "%{x:.4~g}: %{y} bars<extra></extra>",
      },
      {
        type: "scatter",
        mode: "lines",
        name: "normal",
        x,
        y: normalCounts(lab),
        line: { color: theme.text, width: 1.25, shape: "spline" },
        hovertemplate: "normal %{y:.1f}<extra></extra>",
      },
    ],
    layout: {
      ...baseLayout(look),
      ...legend(look),
      xaxis: { ...axis(look, "residual"), nticks: 7 },
      yaxis: { ...axis(look, "bars"), nticks: 5, rangemode: "tozero" },
    },
  };
}

/** How residuals hang on those before them, with the band of white noise. */
export function autocorrelationFigure(lab: PairLab, look: FigureLook): Figure {
  const { theme } = look;
  const { autocorrelation, band } = lab.residuals;
  const bounds = band === null ? [] : [band, -band];
  return {
    data: [
      {
        type: "bar",
        name: "autocorrelation",
        x: autocorrelation.map((_, index) => index + 1),
        y: autocorrelation,
        width: 0.5,
        marker: { color: theme[METHOD_COLORS[lab.method]], line: { width: 0 } },
        hovertemplate: "lag %{x}: %{y:.3f}<extra></extra>",
      },
    ],
    layout: {
      ...baseLayout(look),
      showlegend: false,
      xaxis: { ...axis(look, "lag, bars"), nticks: 9 },
      yaxis: { ...axis(look, "autocorrelation"), nticks: 5, zeroline: true, zerolinecolor: theme.control },
      shapes: bounds.map((value) => level(look, value, "y")),
    },
  };
}

type Outline = { x: (string | null)[]; y: (number | null)[] };

/** The outline of a band, one closed shape for each stretch without a hole. */
export function bandOutline(
  x: readonly string[],
  low: readonly (number | null)[],
  high: readonly (number | null)[],
): Outline {
  const outline: Outline = { x: [], y: [] };
  let stretch: { x: string; low: number; high: number }[] = [];
  const close = () => {
    if (stretch.length === 0) return;
    const back = stretch.toReversed();
    outline.x.push(...stretch.map((at) => at.x), ...back.map((at) => at.x), null);
    outline.y.push(...stretch.map((at) => at.high), ...back.map((at) => at.low), null);
    stretch = [];
  };
  x.forEach((at, row) => {
    const [from, to] = [low[row] ?? null, high[row] ?? null];
    if (from === null || to === null) close();
    else stretch.push({ x: at, low: from, high: to });
  });
  close();
  return outline;
}

/**
 * Every method's hedge ratio over time; the chosen one with its 95 % band, the others' bands in the legend. On the
 * simulated market the true one, too.
 */
export function betaFigure(
  lab: PairLab,
  look: FigureLook,
  zone: TimeZone,
  truth: PairTruth | null = null,
): Figure {
  const { theme } = look;
  const { time, methods } = lab.history;
  const x = time.map(axisTime);
  const text = time.map((ms) => hoverTime(ms, zone));
  const traces = methods.flatMap(({ method, beta, low, high }): Trace[] => {
    const color = theme[METHOD_COLORS[method]];
    const chosen = method === lab.method;
    const visible = chosen ? true : "legendonly";
    const band = {
      type: "scatter" as const,
      mode: "lines",
      line: { color, width: 0 },
      hoverinfo: "skip",
      name: `${methodName(method)} 95 %`,
      visible,
      ...bandOutline(x, low, high),
      fill: "toself",
      fillcolor: `${color}2e`,
      showlegend: !look.compact,
    };
    return [
      // In a panel the others' bands could not be switched on.
      ...(chosen || !look.compact ? [band] : []),
      {
        type: "scatter",
        mode: "lines",
        name: methodName(method),
        x,
        y: beta,
        connectgaps: false,
        line: { color, width: chosen ? 2.25 : 1.25, dash: METHOD_DASHES[method] },
        text,
        hovertemplate: `%{text}<br>${methodName(method)} β %{y:.5~g}<extra></extra>`,
      },
    ];
  });
  if (truth?.scale === lab.scale && truth.beta !== null && x.length > 0) {
    traces.push({
      type: "scatter",
      mode: "lines",
      name: "truth",
      x: [x[0], x.at(-1)],
      y: [truth.beta, truth.beta],
      line: { color: theme.text, width: 1, dash: "dash" },
      hovertemplate: "true β %{y:.5~g}<extra></extra>",
    });
  }
  return {
    zone,
    data: traces,
    layout: {
      ...baseLayout(look),
      ...legend(look),
      xaxis: { ...axis(look), type: "date", nticks: 7 },
      yaxis: { ...axis(look, "β"), nticks: 5 },
    },
  };
}

/** The pair's p-value of the window that ends at each bar. */
export function significanceFigure(lab: PairLab, look: FigureLook, zone: TimeZone): Figure {
  const { theme } = look;
  const { time, p_value } = lab.history;
  return {
    zone,
    data: [
      {
        type: "scatter",
        mode: "lines+markers",
        name: "p",
        x: time.map(axisTime),
        y: p_value,
        connectgaps: false,
        line: { color: theme["leg-a"], width: 1.25 },
        marker: { color: theme["leg-a"], size: 4 },
        text: time.map((ms) => hoverTime(ms, zone)),
        hovertemplate: "%{text}<br>p %{y:.3f}<extra></extra>",
      },
    ],
    layout: {
      ...baseLayout(look),
      showlegend: false,
      xaxis: { ...axis(look), type: "date", nticks: 5 },
      yaxis: { ...axis(look, "p"), range: [-0.02, 1.02], nticks: 6 },
      shapes: [level(look, SIGNIFICANCE, "y")],
    },
  };
}

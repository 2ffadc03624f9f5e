import type { TimeZone } from "@/lib/format";
import type { ChartTheme } from "../theme";

/** A Plotly figure, as far as we build it. Values are what Plotly's reference names. */
export type Trace = Record<string, unknown> & { type: "scatter" | "candlestick" | "bar"; name: string };
export type Layout = Record<string, unknown>;
export type Figure = {
  data: Trace[];
  layout: Layout;
  /** Where x is time, by `axisTime`: the zone in which it is read. */
  zone?: TimeZone;
};

export type FigureLook = { theme: ChartTheme; compact: boolean };

export function axis({ theme }: FigureLook, title?: string): Layout {
  return {
    gridcolor: theme.grid,
    linecolor: theme.line,
    zeroline: false,
    automargin: true,
    tickfont: { size: 10, color: theme["text-2"] },
    ...(title ? { title: { text: title, font: { size: 11, color: theme["text-2"] }, standoff: 6 } } : {}),
  };
}

/** The layout that all figures share; axes are the caller's. */
export function baseLayout({ theme, compact }: FigureLook): Layout {
  return {
    paper_bgcolor: theme.card,
    plot_bgcolor: theme.card,
    font: { family: theme.font, size: 11, color: theme["text-2"] },
    margin: compact ? { l: 8, r: 10, t: 6, b: 8 } : { l: 16, r: 16, t: 16, b: 16 },
    showlegend: !compact,
    legend: { orientation: "h", x: 0, y: 1.08, font: { color: theme.text } },
    hovermode: "closest",
    hoverlabel: {
      bgcolor: theme.raised,
      bordercolor: theme.control,
      font: { family: theme.font, size: 11, color: theme.text },
    },
    autosize: true,
    // Keeps the user's zoom while new data come in.
    uirevision: "kept",
  };
}

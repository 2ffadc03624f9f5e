import { axis, baseLayout, type Figure, type FigureLook, type Trace } from "@/charts/plotly/figure";
import type { ChartTheme, Token } from "@/charts/theme";
import type { Aftermath, Horizon } from "./aftermath";

type Fan = {
  name: string;
  of: "z" | "pnl";
  color: Token;
  axes: { xaxis: string; yaxis: string };
  unit: string;
};

const FANS: readonly Fan[] = [
  { name: "z", of: "z", color: "leg-a", axes: { xaxis: "x", yaxis: "y" }, unit: "" },
  { name: "P&L", of: "pnl", color: "leg-b", axes: { xaxis: "x2", yaxis: "y2" }, unit: " bps" },
];
/** The lower and the upper end of each band among the quantiles, the wider first, and the middle. */
const BANDS = [
  { low: 0, high: 4, opacity: "22", name: "10–90 %" },
  { low: 1, high: 3, opacity: "4d", name: "25–75 %" },
] as const;
const MIDDLE = 2;

function fan(horizons: readonly Horizon[], theme: ChartTheme, { name, of, color, axes, unit }: Fan): Trace[] {
  const x = horizons.map(({ bars }) => bars);
  const at = (index: number) => horizons.map((horizon) => horizon[of][index] ?? null);
  const bands = BANDS.map(
    ({ low, high, opacity, name: share }): Trace => ({
      type: "scatter",
      mode: "lines",
      name: `${name} ${share}`,
      x: [...x, ...x.toReversed()],
      y: [...at(high), ...at(low).toReversed()],
      fill: "toself",
      fillcolor: `${theme[color]}${opacity}`,
      line: { width: 0 },
      hoverinfo: "skip",
      ...axes,
    }),
  );
  return [
    ...bands,
    {
      type: "scatter",
      mode: "lines",
      name: `${name} median`,
      x,
      y: at(MIDDLE),
      line: { color: theme[color], width: 1.75 },
      customdata: horizons.map(({ n }) => n),
      hovertemplate: `after %{x} bars<br>median %{y:.2f}${unit}, n %{customdata}<extra></extra>`,
      ...axes,
    },
  ];
}

/** How z and the P&L spread out after the entries: medians and bands by the number of bars since. */
export function aftermathFigure({ horizons }: Aftermath, look: FigureLook): Figure {
  const known = horizons.filter(({ n }) => n > 0);
  const { theme } = look;
  const upright = { zeroline: true, zerolinecolor: theme.control, nticks: 4 };
  // A panel is too low for titles beside its axes.
  const title = (text: string) => (look.compact ? undefined : text);
  const inside = (text: string, xref: string) => ({
    text,
    xref: `${xref} domain`,
    yref: "paper",
    x: 1,
    y: 1,
    xanchor: "right",
    yanchor: "top",
    showarrow: false,
    font: { size: 10, color: theme["text-2"] },
  });
  return {
    data: FANS.flatMap((one) => fan(known, theme, one)),
    layout: {
      ...baseLayout(look),
      xaxis: { ...axis(look, title("bars after the entry")), domain: [0, 0.45], nticks: 4 },
      yaxis: { ...axis(look, title("z, entry side up")), ...upright },
      xaxis2: { ...axis(look, title("bars after the entry")), domain: [0.57, 1], nticks: 4 },
      yaxis2: { ...axis(look, title("P&L, bps")), ...upright, anchor: "x2" },
      annotations: look.compact ? [inside("z, by bars after", "x"), inside("P&L, bps", "x2")] : [],
    },
  };
}

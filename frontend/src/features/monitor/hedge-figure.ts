import type { PairTruth } from "@/api/truth";
import type { PairAnalytics } from "@/api/types";
import { axis, baseLayout, type Figure, type FigureLook } from "@/charts/plotly/figure";
import { axisTime, hoverTime } from "@/charts/plotly/time-axis";
import type { TimeZone } from "@/lib/format";

/** The hedge ratio over time, with the simulated market's true one where it is known on this scale. */
export function hedgeFigure(
  pair: PairAnalytics,
  truth: PairTruth | null,
  look: FigureLook,
  zone: TimeZone,
): Figure {
  const { time, beta } = pair.series;
  const x = time.map(axisTime);
  const { theme } = look;
  const known = truth?.scale === pair.scale && truth.beta !== null && x.length > 0;
  return {
    zone,
    data: [
      {
        type: "scatter",
        mode: "lines",
        name: "β",
        x,
        y: beta,
        connectgaps: false,
        line: { color: theme["leg-a"], width: 1.25 },
        text: time.map((ms) => hoverTime(ms, zone)),
        hovertemplate: "%{text}<br>β %{y:.5~g}<extra></extra>",
      },
      ...(known
        ? [
            {
              type: "scatter" as const,
              mode: "lines",
              name: "true β",
              x: [x[0], x.at(-1)],
              y: [truth.beta, truth.beta],
              line: { color: theme["leg-b"], width: 1, dash: "dash" },
              hovertemplate: "true β %{y:.5~g}<extra></extra>",
            },
          ]
        : []),
    ],
    layout: {
      ...baseLayout(look),
      // A panel has no room for a second line under the axis.
      xaxis: {
        ...axis(look),
        type: "date",
        nticks: 4,
        ...(look.compact ? { tickformat: "%d %b %H:%M" } : {}),
      },
      yaxis: { ...axis(look), nticks: 5 },
    },
  };
}

import { useMemo } from "react";
import { PlotlyChart } from "@/charts/plotly/plotly-chart";
import { readTheme } from "@/charts/theme";
import { Skeleton } from "@/components/ui/skeleton";
import { usePreferences } from "@/stores/preferences";
import { hedgeFigure } from "./hedge-figure";
import type { PanelProps } from "./panel-props";
import { useSlowPair } from "./use-slow-pair";

/** The hedge ratio over time. */
export function HedgeHistory({ view, truth }: PanelProps) {
  const pair = useSlowPair(view);
  const { theme, zone } = usePreferences();
  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` put on the page
  const figure = useMemo(
    () => pair && hedgeFigure(pair, truth, { theme: readTheme(), compact: true }, zone),
    [pair, truth, theme, zone],
  );
  if (!figure) return <Skeleton label="Waiting for the hedge ratio" />;
  if (pair?.beta === null)
    return <p className="p-3 text-fg-2">{pair.reason ?? "There is no hedge ratio yet."}</p>;
  return <PlotlyChart figure={figure} label={`Hedge ratio of ${view.a} on ${view.b} over time`} />;
}

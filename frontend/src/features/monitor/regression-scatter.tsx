import { useMemo } from "react";
import { PlotlyChart } from "@/charts/plotly/plotly-chart";
import { readTheme } from "@/charts/theme";
import { Skeleton } from "@/components/ui/skeleton";
import { usePreferences } from "@/stores/preferences";
import type { PanelProps } from "./panel-props";
import { regressionFigure } from "./regression-figure";
import { useSlowPair } from "./use-slow-pair";

/** The prices of the window, one leg against the other, and the fitted line. */
export function RegressionScatter({ view }: PanelProps) {
  const pair = useSlowPair(view);
  const { theme } = usePreferences();
  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` put on the page
  const figure = useMemo(
    () => pair && regressionFigure(pair, { theme: readTheme(), compact: true }),
    [pair, theme],
  );
  if (!figure) return <Skeleton label="Waiting for the regression" />;
  return <PlotlyChart figure={figure} label={`Regression of ${view.a} on ${view.b} in the window`} />;
}

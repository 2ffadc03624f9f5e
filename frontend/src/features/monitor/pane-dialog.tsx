import { useMemo } from "react";
import { paneFigure } from "@/charts/plotly/pane-figure";
import { PlotlyChart } from "@/charts/plotly/plotly-chart";
import { readTheme } from "@/charts/theme";
import { Dialog } from "@/components/ui/dialog";
import { Tabs } from "@/components/ui/tabs";
import { useThrottled } from "@/components/use-throttled";
import { methodName } from "@/lib/words";
import { usePreferences } from "@/stores/preferences";
import { useHeld } from "@/stores/topics";
import { type Decimals, type PaneData, type PaneKey, paneModel } from "./pane-models";
import { PaneTable } from "./pane-table";
import { barsTopic, type PairView, pairTopic } from "./view-state";

type Props = { pane: PaneKey; view: PairView; decimals: Decimals; onClose: () => void };

function useSlowPane(key: PaneKey, view: PairView, decimals: Decimals) {
  const a = useHeld("bars", barsTopic(view.a, view.interval))?.data ?? null;
  const b = useHeld("bars", barsTopic(view.b, view.interval))?.data ?? null;
  const pair = useHeld("pair", pairTopic(view))?.data ?? null;
  const data: PaneData = useMemo(() => ({ a, b, pair }), [a, b, pair]);
  const slow = useThrottled(data, 1000);
  return useMemo(() => paneModel(key, view, slow, decimals), [key, view, slow, decimals]);
}

/** One live pane in Plotly, and its data as a table. */
export function PaneDialog({ pane: key, view, decimals, onClose }: Props) {
  const { theme, zone } = usePreferences();
  const pane = useSlowPane(key, view, decimals);
  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` put on the page
  const figure = useMemo(
    () => paneFigure(pane, { theme: readTheme(), compact: false }, zone),
    [pane, zone, theme],
  );
  const scope = `${view.interval}, ${methodName(view.method)}, window ${view.window}, ${view.scale}`;
  return (
    <Dialog title={`${pane.title}: ${view.a} and ${view.b}`} description={scope} onClose={onClose}>
      <Tabs
        label="Chart or data"
        tabs={[
          {
            key: "chart",
            title: "Chart",
            content: <PlotlyChart full figure={figure} label={`${pane.title} in Plotly`} />,
          },
          { key: "data", title: "Data", content: <PaneTable pane={pane} zone={zone} /> },
        ]}
      />
    </Dialog>
  );
}

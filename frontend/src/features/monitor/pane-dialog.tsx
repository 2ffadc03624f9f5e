import { useMemo } from "react";
import type { Opening } from "@/charts/chart-actions";
import { ChartDialog } from "@/charts/chart-dialog";
import { paneFigure } from "@/charts/plotly/pane-figure";
import { paneTable } from "@/charts/table";
import { readTheme } from "@/charts/theme";
import { useThrottled } from "@/components/use-throttled";
import { methodName } from "@/lib/words";
import { usePreferences } from "@/stores/preferences";
import { useHeld } from "@/stores/topics";
import { paneDataNow, paneFileName } from "./pane-head";
import { type Decimals, type PaneData, type PaneKey, paneModel } from "./pane-models";
import { useOverlays } from "./use-overlays";
import { barsTopic, type PairView, pairTopic } from "./view-state";

type Props = {
  pane: PaneKey;
  view: PairView;
  decimals: Decimals;
  opening: Opening;
  onClose: () => void;
};

function useSlowData(view: PairView): PaneData {
  const a = useHeld("bars", barsTopic(view.a, view.interval));
  const b = useHeld("bars", barsTopic(view.b, view.interval));
  const pair = useHeld("pair", pairTopic(view));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the topics' news are the occasion to read them all
  const data = useMemo(() => paneDataNow(view), [view, a, b, pair]);
  return useThrottled(data, 1000);
}

/** One live pane in Plotly, and its data as a table and a file. */
export function PaneDialog({ pane: key, view, decimals, opening, onClose }: Props) {
  const { theme, palette, zone } = usePreferences();
  const overlays = useOverlays();
  const data = useSlowData(view);
  const pane = useMemo(
    () => paneModel(key, view, data, decimals, overlays),
    [key, view, data, decimals, overlays],
  );
  const table = useMemo(() => paneTable(pane), [pane]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` and `palette` put on the page
  const figure = useMemo(
    () => paneFigure(pane, { theme: readTheme(), compact: false }, zone),
    [pane, zone, theme, palette],
  );
  const scope = `${view.interval}, ${methodName(view.method)}, window ${view.window}, ${view.scale}`;
  return (
    <ChartDialog
      title={`${pane.title}: ${[view.a, view.b, ...view.compare].join(", ")}`}
      description={scope}
      figure={figure}
      table={table}
      zone={zone}
      fileName={paneFileName(key, view)}
      opening={opening}
      onClose={onClose}
    />
  );
}

import { type ComponentType, useMemo, useState } from "react";
import type { PairTruth } from "@/api/truth";
import type { PairAnalytics } from "@/api/types";
import { ChartActions, type Opening } from "@/charts/chart-actions";
import type { Figure, FigureLook } from "@/charts/plotly/figure";
import { PlotlyChart } from "@/charts/plotly/plotly-chart";
import { type ChartTable, tableCsv } from "@/charts/table";
import { readTheme } from "@/charts/theme";
import { lazily } from "@/components/lazily";
import { saveFile } from "@/components/save-file";
import { Skeleton } from "@/components/ui/skeleton";
import type { TimeZone } from "@/lib/format";
import { methodName } from "@/lib/words";
import { usePreferences } from "@/stores/preferences";
import type { PanelProps } from "./panel-props";
import { useSlowPair } from "./use-slow-pair";
import type { PairView } from "./view-state";

const ChartDialog = lazily(() => import("@/charts/chart-dialog").then((module) => module.ChartDialog));

/** A statistical chart of the pair: how it is drawn, and the numbers behind it. */
export type PairFigure = {
  /** Its name on buttons and in dialogs. */
  name: string;
  /** Its name in files. */
  file: string;
  label: (view: PairView) => string;
  figure: (
    pair: PairAnalytics,
    truth: PairTruth | null,
    look: FigureLook,
    zone: TimeZone,
    view: PairView,
  ) => Figure;
  table: (pair: PairAnalytics, truth: PairTruth | null, view: PairView) => ChartTable;
  /** What it says, in a line or two above it; null where there is nothing to say. */
  caption?: (pair: PairAnalytics, view: PairView) => string | null;
  /** Why there is nothing to draw; null when there is. */
  missing?: (pair: PairAnalytics, view: PairView) => string | null;
};

function useFigure({ figure }: PairFigure, { view, truth }: PanelProps, compact: boolean) {
  const pair = useSlowPair(view);
  const { theme, palette, zone } = usePreferences();
  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` and `palette` put on the page
  const drawn = useMemo(
    () => pair && figure(pair, truth, { theme: readTheme(), compact }, zone, view),
    [figure, pair, truth, view, compact, zone, theme, palette],
  );
  return { pair, figure: drawn, zone };
}

function Opened({
  chart,
  opening,
  onClose,
  ...props
}: PanelProps & { chart: PairFigure; opening: Opening; onClose: () => void }) {
  const { view, truth } = props;
  const { pair, figure, zone } = useFigure(chart, props, false);
  const table = useMemo(() => pair && chart.table(pair, truth, view), [chart, pair, truth, view]);
  if (!pair || !figure || !table) return null;
  const caption = chart.caption?.(pair, view);
  return (
    <ChartDialog
      title={`${chart.name}: ${view.a}, ${view.b}`}
      description={`${caption ? `${caption} ` : ""}${view.interval}, ${methodName(view.method)}, window ${view.window}, ${view.scale}`}
      figure={figure}
      table={table}
      zone={zone}
      fileName={`${view.a}-${view.b}-${view.interval}-${chart.file}`}
      opening={opening}
      onClose={onClose}
    />
  );
}

/** The two parts of a panel that shows a statistical chart: its content and its controls. */
export function figurePanel(chart: PairFigure): {
  Content: ComponentType<PanelProps>;
  Actions: ComponentType<PanelProps>;
} {
  function Content(props: PanelProps) {
    const { pair, figure } = useFigure(chart, props, true);
    if (!figure || !pair) return <Skeleton label={`Waiting for: ${chart.name}`} />;
    const missing = chart.missing?.(pair, props.view);
    if (missing) return <p className="p-3 text-fg-2">{missing}</p>;
    const drawn = <PlotlyChart figure={figure} label={chart.label(props.view)} />;
    const caption = chart.caption?.(pair, props.view);
    if (!caption) return drawn;
    return (
      <div className="flex h-full flex-col">
        <p className="px-2 pt-1 text-label text-fg-2 max-lg:pr-20">{caption}</p>
        <div className="min-h-0 flex-1">{drawn}</div>
      </div>
    );
  }
  function Actions(props: PanelProps) {
    const { view, truth } = props;
    const pair = useSlowPair(view);
    const [opening, setOpening] = useState<Opening | null>(null);
    const save = () => {
      if (!pair) return;
      const name = `${view.a}-${view.b}-${view.interval}-${chart.file}.csv`;
      saveFile(name, tableCsv(chart.table(pair, truth, view)));
    };
    return (
      <>
        <ChartActions name={chart.name} onOpen={setOpening} onCsv={save} />
        {opening && <Opened {...props} chart={chart} opening={opening} onClose={() => setOpening(null)} />}
      </>
    );
  }
  return { Content, Actions };
}

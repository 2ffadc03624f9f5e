import { useEffect, useRef, useState } from "react";
import { ChartActions, type Opening } from "@/charts/chart-actions";
import { stackedCharts } from "@/charts/lightweight/library";
import type { StackedChart } from "@/charts/lightweight/stacked-chart";
import { paneFigure } from "@/charts/plotly/pane-figure";
import type { Pane } from "@/charts/series";
import { paneTable, tableCsv } from "@/charts/table";
import { readTheme } from "@/charts/theme";
import { lazily } from "@/components/lazily";
import { PartFailed } from "@/components/part-failed";
import { saveFile } from "@/components/save-file";
import { useNarrow } from "@/components/use-narrow";
import { usePart } from "@/components/use-part";
import { usePreferences } from "@/stores/preferences";

const ChartDialog = lazily(() => import("@/charts/chart-dialog").then((module) => module.ChartDialog));

type Props = { pane: Pane; interval: string; subject: string };

/** A metric's past with the moments at which a rule would have fired. */
export function PreviewChart({ pane, interval, subject }: Props) {
  const { theme, palette, zone } = usePreferences();
  const narrow = useNarrow();
  const element = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<StackedChart | null>(null);
  const { value: library, failed } = usePart(stackedCharts);
  const [opening, setOpening] = useState<Opening | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` and `palette` put on the page
  useEffect(() => {
    if (!library || !element.current) return;
    const look = { theme: readTheme(), zone, narrow: true };
    const made = new library.StackedChart(element.current, look, {
      onCrosshair: () => {},
      onLayout: () => {},
    });
    made.showSeconds(interval.endsWith("s"));
    setChart(made);
    return () => {
      setChart(null);
      made.dispose();
    };
  }, [library, theme, palette, zone, narrow, interval]);

  useEffect(() => {
    chart?.setPane(pane, null);
    chart?.showAll();
  }, [chart, pane]);

  const name = `${pane.title} and firings`;
  const fileName = `${subject}-${interval}-${pane.series[0]?.key ?? "metric"}`;
  if (failed) return <PartFailed onRetry={stackedCharts.load} />;
  return (
    <div className="relative h-48">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls */}
      <div
        ref={element}
        role="group"
        aria-label={`${pane.title} of ${subject}, ${interval}, with ${pane.markers.length} firings`}
        data-firings={pane.markers.length}
        className="absolute inset-0"
      />
      <div className="pointer-events-none absolute right-20 left-1 top-0 z-10 flex items-center text-label text-fg-2">
        <span className="flex-1 px-1">
          {pane.title} <span className="text-warn">●</span> fires
        </span>
        <ChartActions
          name={name}
          onOpen={setOpening}
          onCsv={() => saveFile(`${fileName}.csv`, tableCsv(paneTable(pane)))}
        />
      </div>
      {opening && (
        <ChartDialog
          title={`${pane.title}: ${subject}`}
          description={`${interval} bars over the preview’s span`}
          figure={paneFigure(pane, { theme: readTheme(), compact: false }, zone)}
          table={paneTable(pane)}
          zone={zone}
          fileName={fileName}
          opening={opening}
          onClose={() => setOpening(null)}
        />
      )}
    </div>
  );
}

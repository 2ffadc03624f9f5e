import { useEffect, useRef } from "react";
import type { Opening } from "@/charts/chart-actions";
import { stackedCharts } from "@/charts/lightweight/library";
import type { ChartPosition } from "@/charts/lightweight/stacked-chart";
import { readTheme } from "@/charts/theme";
import { PartFailed } from "@/components/part-failed";
import { useNarrow } from "@/components/use-narrow";
import { usePart } from "@/components/use-part";
import { usePreferences } from "@/stores/preferences";
import { writeLegend } from "./legend";
import { LiveFeed } from "./live-feed";
import { PaneHead } from "./pane-head";
import { type Decimals, PANE_KEYS, type PaneKey } from "./pane-models";
import { useOverlays } from "./use-overlays";
import { type PairView, pairTopic } from "./view-state";

type Props = { view: PairView; decimals: Decimals; onOpen: (pane: PaneKey, what: Opening) => void };

/** The stacked live panes with their legends. */
export function LivePanes({ view, decimals, onOpen }: Props) {
  const { theme, palette, zone } = usePreferences();
  const overlays = useOverlays();
  const narrow = useNarrow();
  const element = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLDivElement>(null);
  const last = useRef<{ topic: string; position: ChartPosition } | null>(null);
  const { value: library, failed } = usePart(stackedCharts);
  const topic = pairTopic(view);
  const { entry, exit, stop } = view;
  const compared = view.compare.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a view is its topic and thresholds; theme is read from the page
  useEffect(() => {
    if (!library || !element.current) return;
    let feed: LiveFeed | null = null;
    let at: number | null = null;
    const heads = () => [...(overlay.current?.children ?? [])] as HTMLElement[];
    const write = () =>
      heads().forEach((head, index) => {
        const pane = feed?.panes.get(PANE_KEYS[index] ?? "price");
        if (pane) writeLegend(head, pane, at, narrow);
      });
    const look = { theme: readTheme(), zone, narrow, left: compared === "" };
    const chart = new library.StackedChart(element.current, look, {
      onCrosshair: (time) => {
        at = time;
        write();
      },
      onLayout: (tops) => {
        // Panes are made one after the other; until the last stands, none has its place.
        if (tops.length < PANE_KEYS.length) return;
        heads().forEach((head, index) => {
          head.style.top = `${tops[index] ?? 0}px`;
          head.style.visibility = "visible";
        });
      },
    });
    chart.showSeconds(view.interval.endsWith("s"));
    feed = new LiveFeed(chart, view, decimals, overlays, write);
    write();
    if (last.current?.topic === topic) chart.restore(last.current.position);
    return () => {
      feed?.stop();
      last.current = { topic, position: chart.position() };
      chart.dispose();
    };
  }, [
    library,
    topic,
    entry,
    exit,
    stop,
    compared,
    overlays,
    theme,
    palette,
    zone,
    narrow,
    decimals.a,
    decimals.b,
  ]);

  if (failed) return <PartFailed onRetry={stackedCharts.load} />;
  return (
    <div className="absolute inset-0 overflow-hidden">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls */}
      <div
        ref={element}
        role="group"
        aria-label={`Price, spread, z-score and correlation of ${view.a} against ${view.b}. Open a pane in Plotly to read its data as a table.`}
        className="absolute inset-0"
      />
      <div ref={overlay} className="pointer-events-none absolute inset-0 z-10">
        {PANE_KEYS.map((key) => (
          <PaneHead
            key={`${key} ${compared} ${overlays.averages.join()}`}
            pane={key}
            view={view}
            overlays={overlays}
            decimals={decimals}
            narrow={narrow}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  );
}

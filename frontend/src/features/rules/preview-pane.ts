import type { AlertFiring } from "@/api/types";
import type { Level, Marker, Pane } from "@/charts/series";
import { metricName, metricValue } from "@/lib/alert-words";
import { intervalMs } from "@/lib/intervals";
import { lowerBound } from "@/lib/sorted";
import type { ConditionDraft } from "./draft";
import type { MetricSeries } from "./preview-series";

/** The row that a firing belongs to: the bar its evidence names, else the last one that was open by then. */
function rowOf(firing: AlertFiring, time: readonly number[]): number {
  const bar = firing.evidence[0]?.bar_time ?? firing.time;
  const at = lowerBound(time, bar);
  return time[at] === bar ? at : at - 1;
}

/** The metric's past with the rule's thresholds, and where it would have fired. */
export function previewPane(
  condition: ConditionDraft,
  rearm: string,
  series: MetricSeries,
  firings: readonly AlertFiring[],
): Pane {
  const { metric, interval, time, value } = series;
  const isAsked = metric === condition.metric;
  const level = (text: string, label: string): Level[] => {
    const threshold = Number(text);
    if (!isAsked || text.trim() === "" || !Number.isFinite(threshold)) return [];
    return [{ value: threshold, label, color: "text-3" }];
  };
  const markers = firings.flatMap((firing): Marker[] => {
    const row = rowOf(firing, time);
    const [at, height] = [time[row], value[row]];
    return at === undefined ? [] : [{ time: at, value: height ?? 0, kind: "fired" }];
  });
  return {
    key: "preview",
    title: metricName(metric),
    weight: 1,
    step: intervalMs(interval) ?? 1000,
    series: [
      {
        kind: "line",
        key: metric,
        label: "",
        column: metric,
        color: "text",
        time,
        value,
        axis: "right",
        style: "line",
        dashed: false,
        shares: false,
        drawn: true,
        format: (number) => metricValue(metric, number),
      },
    ],
    levels: [...level(condition.value, "threshold"), ...level(rearm, "re-arms")],
    markers,
    marked: true,
    gaps: [],
  };
}

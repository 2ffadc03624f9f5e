import type { AlertFiring, AlertPreview } from "@/api/types";
import type { Level, Marker, Pane } from "@/charts/series";
import { metricName, metricValue } from "@/lib/alert-words";
import { lowerBound } from "@/lib/sorted";

/** The row that a firing belongs to: the bar its evidence names, else the last one that was open by then. */
function rowOf(firing: AlertFiring, time: readonly number[]): number {
  const bar = firing.evidence[0]?.bar_time ?? firing.time;
  const at = lowerBound(time, bar);
  return time[at] === bar ? at : at - 1;
}

// The server leaves out points of a long span, and marks gaps by null: no missing bar may break the line.
const NO_GRID = Number.POSITIVE_INFINITY;

/** The past of the rule's first condition as the server went through it, and where the rule would have fired. */
export function previewPane(
  { metric, time, value, threshold }: AlertPreview["series"],
  rearm: string,
  firings: readonly AlertFiring[],
): Pane {
  const level = (height: number, label: string): Level[] =>
    Number.isFinite(height) ? [{ value: height, label, color: "text-3" }] : [];
  const markers = firings.flatMap((firing): Marker[] => {
    const row = rowOf(firing, time);
    const [at, height] = [time[row], value[row]];
    return at === undefined ? [] : [{ time: at, value: height ?? 0, kind: "fired" }];
  });
  return {
    key: "preview",
    title: metricName(metric),
    weight: 1,
    step: NO_GRID,
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
    levels: [
      ...level(threshold, "threshold"),
      ...level(rearm.trim() === "" ? Number.NaN : Number(rearm), "re-arms"),
    ],
    markers,
    marked: true,
    gaps: [],
  };
}

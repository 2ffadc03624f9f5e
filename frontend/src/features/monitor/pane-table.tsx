import { type ChartSeries, candleAt, type Pane, valueAt } from "@/charts/series";
import { time as formatTime, type TimeZone, zoneName } from "@/lib/format";

// The newest rows; all of them are a file's business, not a page's.
const MOST_ROWS = 300;

type Column = { key: string; label: string; text: (time: number) => string };

function columnsOf(series: ChartSeries, title: string): Column[] {
  if (series.kind === "line") {
    const text = (time: number) => series.format(valueAt(series, time));
    return [{ key: series.key, label: series.label || title, text }];
  }
  return (["open", "high", "low", "close"] as const).map((name) => ({
    key: name,
    label: `${series.label} ${name}`,
    text: (time: number) => series.format(candleAt(series, time)?.[name] ?? null),
  }));
}

function timesOf(pane: Pane): number[] {
  const times = new Set<number>();
  for (const series of pane.series) {
    const rows = series.kind === "candles" ? series.candles.map(({ time }) => time) : series.time;
    for (const time of rows) times.add(time);
  }
  return [...times].sort((a, b) => b - a).slice(0, MOST_ROWS);
}

/** A pane's data as a table, newest first. */
export function PaneTable({ pane, zone }: { pane: Pane; zone: TimeZone }) {
  const columns = pane.series.flatMap((series) => columnsOf(series, pane.title));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section aria-label={`Data of ${pane.title}`} tabIndex={0} className="absolute inset-0 overflow-auto">
      <table className="w-full text-right">
        <thead className="sticky top-0 bg-raised text-label text-fg-2">
          <tr>
            <th scope="col" className="px-3 py-1 text-left font-medium">
              Bar opens, {zoneName(zone)}
            </th>
            {columns.map(({ key, label }) => (
              <th key={key} scope="col" className="px-3 py-1 font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {timesOf(pane).map((time) => (
            <tr key={time} data-time={time} className="border-t border-line">
              <th scope="row" className="px-3 py-0.5 text-left font-normal whitespace-nowrap text-fg-2">
                {formatTime(time, "stamp", zone)}
              </th>
              {columns.map(({ key, text }) => (
                <td key={key} className="px-3 py-0.5">
                  {text(time)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

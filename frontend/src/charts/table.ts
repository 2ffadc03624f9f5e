import { type CsvCell, csvText, isoTime } from "@/lib/csv";
import { type ChartSeries, candleAt, type Pane, valueAt } from "./series";

export type TableColumn = {
  /** Its name in files. */
  name: string;
  label: string;
  value: (time: number) => CsvCell;
  text: (time: number) => string;
};

/** What rows are counted by where it is not time, such as lags. */
export type TableIndex = { name: string; label: string; text: (at: number) => string };

/** The numbers that a chart draws, by time (or `index`), ascending: what "View data" and "CSV" show. */
export type ChartTable = {
  title: string;
  times: readonly number[];
  columns: readonly TableColumn[];
  index?: TableIndex;
};

/** A column of numbers that stand in the order of the table's times. */
export function numberColumn(
  times: readonly number[],
  name: string,
  label: string,
  values: readonly (number | null)[],
  format: (value: number | null) => string,
): TableColumn {
  const rows = new Map(times.map((at, row) => [at, row]));
  const value = (at: number) => values[rows.get(at) ?? -1] ?? null;
  return { name, label, value, text: (at) => format(value(at)) };
}

function columnsOf(series: ChartSeries, title: string): TableColumn[] {
  if (series.kind === "line") {
    return [
      {
        name: series.column,
        label: series.label || title,
        value: (time) => valueAt(series, time),
        text: (time) => series.format(valueAt(series, time)),
      },
    ];
  }
  return (["open", "high", "low", "close"] as const).map((name) => ({
    name: `${series.column}_${name}`,
    label: `${series.label} ${name}`,
    value: (time) => candleAt(series, time)?.[name] ?? null,
    text: (time) => series.format(candleAt(series, time)?.[name] ?? null),
  }));
}

function timesOf(pane: Pane): number[] {
  const times = new Set<number>();
  for (const series of pane.series) {
    const rows = series.kind === "candles" ? series.candles.map(({ time }) => time) : series.time;
    for (const time of rows) times.add(time);
  }
  return [...times].sort((a, b) => a - b);
}

export function paneTable(pane: Pane): ChartTable {
  const columns = pane.series.flatMap((series) => columnsOf(series, pane.title));
  return { title: pane.title, times: timesOf(pane), columns };
}

export function tableCsv({ times, columns, index }: ChartTable): string {
  const head = [index?.name ?? "time", ...columns.map(({ name }) => name)];
  const rows = times.map((time) => [
    index ? time : isoTime(time),
    ...columns.map(({ value }) => value(time)),
  ]);
  return csvText(head, rows);
}

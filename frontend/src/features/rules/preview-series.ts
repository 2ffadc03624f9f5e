import { queryOptions } from "@tanstack/react-query";
import { getJson } from "@/api/http";
import type { AlertPreview, BarList, PairAnalytics } from "@/api/types";
import { intervalMs } from "@/lib/intervals";
import type { ConditionDraft } from "./draft";
import { METRIC_SPECS } from "./metric-specs";

/** What a preview's chart draws: a metric by the open time of its bars. */
export type MetricSeries = {
  /** The metric that is drawn, which is another one where that of the condition has no past to ask for. */
  metric: string;
  interval: string;
  time: number[];
  value: (number | null)[];
};

const ROWS_OF_PAIR = 1500;
const ROWS_OF_SYMBOL = 4096;
const MOST_PAGES = 4;
const COLUMNS = {
  zscore: "zscore",
  spread: "spread",
  correlation: "correlation",
  hedge_ratio: "beta",
} as const;

type Rows = { time: number[]; value: (number | null)[] };
/** `hasMore`: enough bars lie before these rows for others like them. */
type Page = Rows & { hasMore: boolean };

/** Rows from `start` on, asked for from the newest backwards, a page at a time. */
async function paged(start: number, end: number, most: number, ask: (end: number) => Promise<Page>) {
  let all: Rows = { time: [], value: [] };
  let until = end;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { time, value, hasMore } = await ask(until);
    const first = time[0];
    if (first === undefined || first >= until) break;
    all = { time: [...time, ...all.time], value: [...value, ...all.value] };
    until = first;
    if (time.length < most || first <= start || !hasMore) break;
  }
  return all;
}

function pairRows(condition: ConditionDraft, column: (typeof COLUMNS)[keyof typeof COLUMNS], span: Span) {
  const { a, b, interval, window, method, scale } = condition;
  return paged(span.start, span.end, ROWS_OF_PAIR, async (end) => {
    const query = new URLSearchParams({
      ...{ symbol_a: a, symbol_b: b, interval, method, scale },
      ...{ start: String(span.start), end: String(end), limit: String(ROWS_OF_PAIR) },
      ...(window.trim() ? { window: window.trim() } : {}),
    });
    const pair = await getJson<PairAnalytics>(`/analytics/pair?${query}`, span.signal);
    const { time } = pair.series;
    return { time, value: pair.series[column], hasMore: pair.have - time.length >= pair.need };
  });
}

type Bars = { time: number[]; close: (number | null)[]; volume: number[] };

async function symbolBars(symbol: string, interval: string, span: Span): Promise<Bars> {
  const volumes = new Map<number, number>();
  const { time, value } = await paged(span.start, span.end, ROWS_OF_SYMBOL, async (end) => {
    const query = new URLSearchParams({
      ...{ interval, limit: String(ROWS_OF_SYMBOL), start: String(span.start), end: String(end) },
    });
    const { items } = await getJson<BarList>(`/data/${encodeURIComponent(symbol)}?${query}`, span.signal);
    const closed = items.filter((bar) => bar.closed);
    for (const bar of closed) volumes.set(bar.time, bar.volume);
    const time = closed.map((bar) => bar.time);
    return { time, value: closed.map(({ close }) => close), hasMore: true };
  });
  return { time, close: value, volume: time.map((at) => volumes.get(at) ?? 0) };
}

/** A metric of the last `window` rows at each place; null where one is missing. */
function over(
  values: readonly (number | null)[],
  rows: number,
  metric: (values: number[]) => number,
): (number | null)[] {
  return values.map((_, index) => {
    const inside = values.slice(index + 1 - rows, index + 1);
    const known = inside.filter((value) => value !== null);
    return index + 1 >= rows && known.length === rows ? metric(known) : null;
  });
}

function deviation(values: number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** A symbol's metric from its bars, as docs/alerts.md defines it. */
export function symbolMetric(metric: string, { close, volume }: Bars, window: number): (number | null)[] {
  if (metric === "return") return over(close, window + 1, (all) => (all.at(-1) ?? 0) / (all[0] ?? 1) - 1);
  if (metric === "volume") return over(volume, window, (all) => all.reduce((sum, value) => sum + value, 0));
  if (metric === "volatility") {
    const returns = close.map((value, index) => {
      const before = close[index - 1] ?? null;
      return value === null || before === null ? null : Math.log(value / before);
    });
    return over(returns, window, deviation);
  }
  return close;
}

type Span = { start: number; end: number; signal: AbortSignal };

async function seriesOf(condition: ConditionDraft, shortest: string, span: Span): Promise<MetricSeries> {
  const { metric, symbol, window } = condition;
  if (METRIC_SPECS[metric].of === "pair") {
    const drawn = metric in COLUMNS ? (metric as keyof typeof COLUMNS) : "zscore";
    const rows = await pairRows(condition, COLUMNS[drawn], span);
    return { metric: drawn, interval: condition.interval, ...rows };
  }
  const interval = METRIC_SPECS[metric].interval === "no" ? shortest : condition.interval || shortest;
  const bars = await symbolBars(symbol, interval, span);
  const drawn = ["return", "volume", "volatility"].includes(metric) ? metric : "price";
  return { metric: drawn, interval, time: bars.time, value: symbolMetric(drawn, bars, Number(window) || 1) };
}

/** The past of a condition's metric over a preview's span. */
export const seriesQuery = (condition: ConditionDraft, shortest: string, { start, end }: AlertPreview) => {
  const { key: _key, op: _op, value: _value, forS: _for, ...asked } = condition;
  return queryOptions({
    queryKey: ["alerts", "series", asked, shortest, start, end],
    enabled: start !== null && end !== null,
    gcTime: 60_000,
    queryFn: ({ signal }) => {
      // Rows are named by their open: the one before the span is told at its start.
      const step = intervalMs(condition.interval || shortest) ?? 0;
      return seriesOf(condition, shortest, { start: (start ?? 0) - step, end: end ?? 0, signal });
    },
  });
};

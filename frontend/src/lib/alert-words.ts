import { fixed, significant } from "./format";
import { methodName, shortSymbol } from "./words";

/** What is read of a condition to say it in words; absent fields may be null. */
export type ConditionWords = {
  metric: string;
  symbol?: string | null;
  pair?: string | null;
  interval?: string | null;
  window?: number | null;
  method?: string | null;
  scale?: string | null;
  op: string;
  value: number;
  for_s?: number | null;
  live?: boolean | null;
};
export type GroupWords = {
  all?: readonly (ConditionWords | GroupWords)[] | null;
  any?: readonly (ConditionWords | GroupWords)[] | null;
};

const METRICS: Record<string, string> = {
  price: "Price",
  return: "Return",
  volume: "Volume",
  volatility: "Volatility",
  tick_rate: "Trades per second",
  staleness: "Silence",
  spread: "Spread",
  zscore: "Z-score",
  correlation: "Correlation",
  hedge_ratio: "Hedge ratio",
  adf_pvalue: "ADF p-value",
  coint_pvalue: "Cointegration p-value",
  half_life: "Half-life",
};
const OPS: Record<string, string> = {
  ">": ">",
  "<": "<",
  ">=": "≥",
  "<=": "≤",
  crosses_above: "crosses above",
  crosses_below: "crosses below",
};

export const metricName = (metric: string): string => METRICS[metric] ?? metric;
export const opName = (op: string): string => OPS[op] ?? op;

/** Of what and over which bars: `BTC/ETH 1m, 60 bars, OLS`. */
export function subjectText({ symbol, pair, interval, window, method, scale, live }: ConditionWords): string {
  const of = pair ? pair.split("-").map(shortSymbol).join("/") : shortSymbol(symbol ?? "");
  const over = [
    window ? `${window} ${window === 1 ? "bar" : "bars"}` : null,
    method ? methodName(method) : null,
    scale === "log" ? "log" : null,
    live ? "live" : null,
  ];
  return [[of, interval].filter(Boolean).join(" "), ...over].filter(Boolean).join(", ");
}

/** The comparison alone: `> 2 for 10 s`. */
export function comparisonText({ op, value, for_s }: ConditionWords): string {
  return `${opName(op)} ${plainNumber(value)}${for_s ? ` for ${plainNumber(for_s)} s` : ""}`;
}

/** A number as it was typed, with a true minus sign. */
export function plainNumber(value: number): string {
  return String(value).replace("-", "−");
}

export function conditionText(condition: ConditionWords): string {
  return `${metricName(condition.metric)} ${comparisonText(condition)} (${subjectText(condition)})`;
}

/** A rule's question in one line; inner groups stand in brackets. */
export function groupText(group: GroupWords): string {
  const members = group.all ?? group.any ?? [];
  const text = (member: ConditionWords | GroupWords) =>
    "metric" in member ? conditionText(member) : `[${groupText(member)}]`;
  return members.map(text).join(group.all ? " and " : " or ");
}

/** What is read of an event to say it in words. */
export type EventWords = {
  reason: string;
  evidence: readonly { condition: ConditionWords; value: number | null; holds: boolean | null }[];
};

/** What made a rule fire, short enough for a line: `ARB/OP 1s: Z-score −2.13 < −2`; the server's words otherwise. */
export function eventText({ reason, evidence }: EventWords): string {
  const held = evidence.filter(({ holds, value }) => holds === true && value !== null);
  if (held.length === 0) return reason;
  const parts = held.map(({ condition, value }) => {
    const { metric, pair, symbol, interval, op } = condition;
    const of = [pair ? pair.split("-").map(shortSymbol).join("/") : shortSymbol(symbol ?? ""), interval];
    // A crossing is told by the side on which the value is now.
    const side = op === "crosses_above" ? ">" : op === "crosses_below" ? "<" : opName(op);
    const number = metricValue(metric, value);
    return `${of.filter(Boolean).join(" ")}: ${metricName(metric)} ${number} ${side} ${plainNumber(condition.value)}`;
  });
  return parts.join("; ");
}

/** Values that lie about 1, whose decimals are looked at. */
const SMALL = new Set(["zscore", "correlation", "adf_pvalue", "coint_pvalue"]);

/** A value of a metric with as many digits as it deserves. */
export function metricValue(metric: string, value: number | null): string {
  return SMALL.has(metric) ? fixed(value, 3) : significant(value, 6);
}

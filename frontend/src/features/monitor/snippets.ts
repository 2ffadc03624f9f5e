import type { Bar, BarList, PairAnalytics } from "@/api/types";
import { isoTime } from "@/lib/csv";
import { intervalMs } from "@/lib/intervals";
import { type PairNumber, QUALITIES, spanOf } from "./explanations";

/** Python programs that ask this server for a number's inputs and compute it from them. */
const PRINTS: Record<Exclude<PairNumber, "quality">, string> = {
  beta: "pair.fit.beta",
  spread: "pair.spread",
  zscore: "pair.zscore",
  correlation: "pair.correlation",
  adf: "pair.adf.p_value",
  half_life: "pair.half_life.bars",
};

function barsQuery(interval: string, start: number, end: number, step: number): string {
  const limit = Math.round((end - start) / step);
  return `# ${limit} bars, from ${isoTime(start)} to ${isoTime(end)}
QUERY = "interval=${interval}&start=${start}&end=${end}&limit=${limit}"`;
}

function analysisProgram(prints: string, pair: PairAnalytics, origin: string): string | null {
  const span = spanOf(pair);
  if (span === null) return null;
  // A filter's state rests on all bars from its formation on: more than the window have to be fetched.
  const start = pair.parameters.formation_first ?? span.start;
  return `import json
from math import nan
from urllib.request import urlopen

from quant import analytics

${barsQuery(pair.interval, start, span.end, span.step)}


def closes(symbol):
    with urlopen(f"${origin}/data/{symbol}?{QUERY}") as answer:
        return {bar["time"]: bar["close"] for bar in json.load(answer)["items"]}


a, b = closes("${pair.symbol_a}"), closes("${pair.symbol_b}")
times = sorted(a.keys() | b.keys())
y = [nan if a.get(time) is None else a[time] for time in times]
x = [nan if b.get(time) is None else b[time] for time in times]
pair = analytics.analyse_pair(y, x, window=${pair.window}, method="${pair.method}", scale="${pair.scale}")
print(${prints})
`;
}

function qualityProgram(pair: PairAnalytics, origin: string): string | null {
  const span = spanOf(pair);
  if (span === null) return null;
  // The newest closed bar is not in the fit.
  const [start, end] = [span.start, span.end - span.step];
  return `import json
from collections import Counter
from urllib.request import urlopen

${barsQuery(pair.interval, start, end, span.step)}
QUALITIES = (${QUALITIES.map((name) => `"${name}"`).join(", ")})


def qualities(symbol):
    with urlopen(f"${origin}/data/{symbol}?{QUERY}") as answer:
        return {bar["time"]: bar["quality"] for bar in json.load(answer)["items"]}


a, b = qualities("${pair.symbol_a}"), qualities("${pair.symbol_b}")
worse = Counter(
    max(a.get(time, "gap"), b.get(time, "gap"), key=QUALITIES.index)
    for time in range(${start}, ${end}, ${span.step})
)
print(json.dumps({name: worse[name] for name in QUALITIES}))
`;
}

/** Of a number of the pair; null before there are bars. */
export function pairSnippet(number: PairNumber, pair: PairAnalytics, origin: string): string | null {
  return number === "quality" ? qualityProgram(pair, origin) : analysisProgram(PRINTS[number], pair, origin);
}

// Bars by trades and volume, which have no width, end within one.
const DAY = 86_400_000;

function klineProgram({ symbol, interval }: BarList, { time }: Bar, origin: string): string {
  return `import json
from urllib.request import urlopen

# The exchange's kline that opens at ${isoTime(time)}: its trades were not heard.
QUERY = "interval=${interval}&start=${time}&end=${time + 1}&limit=1"

with urlopen(f"${origin}/data/${symbol}?{QUERY}") as answer:
    (bar,) = json.load(answer)["items"]
print(bar["close"])
`;
}

/** Of a symbol's last price, the close of `bar`: from the trade itself, or the kline where there is none. */
export function lastPriceSnippet(bars: BarList, bar: Bar, origin: string): string {
  if (bar.quality === "kline") return klineProgram(bars, bar, origin);
  // Trades that came after the number was shown are not in it.
  const closes = bar.time + (intervalMs(bars.interval) ?? DAY);
  const end = Math.min(closes, (bars.as_of ?? closes - 1) + 1);
  return `import json
from urllib.request import urlopen

# The trade with the highest id before ${isoTime(end)}
QUERY = "end=${end}&limit=1"

with urlopen(f"${origin}/data/${bars.symbol}/ticks?{QUERY}") as answer:
    (trade,) = json.load(answer)["items"]
print(trade["price"])
`;
}

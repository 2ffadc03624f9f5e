import type { Bar, BarList, PairAnalytics } from "@/api/types";
import { isoTime } from "@/lib/csv";
import { intervalMs } from "@/lib/intervals";
import { type PairNumber, QUALITIES, spanOf } from "./explanations";

/** The server that a program asks, as its own machine reaches it. */
export type Server = {
  base: string;
  /** Whether it answers only who has signed in. */
  asksWho: boolean;
};

type Asking = { os: string; names: string; headers: string; open: (path: string) => string };

/** The parts of a program that ask the server. The proof itself stays out of what may be passed on. */
function askingOf({ base, asksWho }: Server): Asking {
  if (!asksWho)
    return { os: "", names: "urlopen", headers: "", open: (path) => `urlopen(f"${base}${path}")` };
  return {
    os: "import os\n",
    names: "Request, urlopen",
    headers: `
# The server asks who calls: QUANT_TOKEN is its access token, or the one that POST /auth/token answers.
HEADERS = {"Authorization": f"Bearer {os.environ['QUANT_TOKEN']}"}
`,
    open: (path) => `urlopen(Request(f"${base}${path}", headers=HEADERS))`,
  };
}

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

function analysisProgram(prints: string, pair: PairAnalytics, server: Server): string | null {
  const span = spanOf(pair);
  if (span === null) return null;
  // A filter's state rests on all bars from its formation on: more than the window have to be fetched.
  const start = pair.parameters.formation_first ?? span.start;
  const asking = askingOf(server);
  return `import json
${asking.os}from math import nan
from urllib.request import ${asking.names}

from quant import analytics

${barsQuery(pair.interval, start, span.end, span.step)}
${asking.headers}

def closes(symbol):
    with ${asking.open(`/data/{symbol}?{QUERY}`)} as answer:
        return {bar["time"]: bar["close"] for bar in json.load(answer)["items"]}


a, b = closes("${pair.symbol_a}"), closes("${pair.symbol_b}")
times = sorted(a.keys() | b.keys())
y = [nan if a.get(time) is None else a[time] for time in times]
x = [nan if b.get(time) is None else b[time] for time in times]
pair = analytics.analyse_pair(y, x, window=${pair.window}, method="${pair.method}", scale="${pair.scale}")
print(${prints})
`;
}

function qualityProgram(pair: PairAnalytics, server: Server): string | null {
  const span = spanOf(pair);
  if (span === null) return null;
  // The newest closed bar is not in the fit.
  const [start, end] = [span.start, span.end - span.step];
  const asking = askingOf(server);
  return `import json
${asking.os}from collections import Counter
from urllib.request import ${asking.names}

${barsQuery(pair.interval, start, end, span.step)}
QUALITIES = (${QUALITIES.map((name) => `"${name}"`).join(", ")})
${asking.headers}

def qualities(symbol):
    with ${asking.open(`/data/{symbol}?{QUERY}`)} as answer:
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
export function pairSnippet(number: PairNumber, pair: PairAnalytics, server: Server): string | null {
  return number === "quality" ? qualityProgram(pair, server) : analysisProgram(PRINTS[number], pair, server);
}

// Bars by trades and volume, which have no width, end within one.
const DAY = 86_400_000;

function klineProgram({ symbol, interval }: BarList, { time }: Bar, server: Server): string {
  const asking = askingOf(server);
  return `import json
${asking.os}from urllib.request import ${asking.names}

# The exchange's kline that opens at ${isoTime(time)}: its trades were not heard.
QUERY = "interval=${interval}&start=${time}&end=${time + 1}&limit=1"
${asking.headers}
with ${asking.open(`/data/${symbol}?{QUERY}`)} as answer:
    (bar,) = json.load(answer)["items"]
print(bar["close"])
`;
}

/** Of a symbol's last price, the close of `bar`: from the trade itself, or the kline where there is none. */
export function lastPriceSnippet(bars: BarList, bar: Bar, server: Server): string {
  if (bar.quality === "kline") return klineProgram(bars, bar, server);
  // Trades that came after the number was shown are not in it.
  const closes = bar.time + (intervalMs(bars.interval) ?? DAY);
  const end = Math.min(closes, (bars.as_of ?? closes - 1) + 1);
  const asking = askingOf(server);
  return `import json
${asking.os}from urllib.request import ${asking.names}

# The trade with the highest id before ${isoTime(end)}
QUERY = "end=${end}&limit=1"
${asking.headers}
with ${asking.open(`/data/${bars.symbol}/ticks?{QUERY}`)} as answer:
    (trade,) = json.load(answer)["items"]
print(trade["price"])
`;
}

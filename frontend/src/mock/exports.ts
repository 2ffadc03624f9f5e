import type { StoredSpanList } from "@/api/types";
import { csvText, isoTime } from "@/lib/csv";
import { intervalMs } from "@/lib/intervals";
import type { MockMarket } from "./market";

const ROWS = 600;

/** Which spans of a symbol the mock has: of everything the same. */
export function storedSpans(
  market: MockMarket,
  symbol: string,
  intervals: readonly string[],
): StoredSpanList {
  const ends = { first_time: market.start, last_time: market.end };
  const items = [null, ...intervals].map((interval) => ({ interval, ...ends }));
  return { market: market.name, as_of: market.end, symbol, items, next: null };
}

const COLUMNS = ["open", "high", "low", "close", "volume", "quote_volume", "trades", "vwap"] as const;

/** The newest bars as an export writes them. */
export function barsCsv(market: MockMarket, symbol: string, interval: string): string {
  const bars = market.bars(symbol, intervalMs(interval) ?? 60_000, ROWS);
  const rows = bars.map((bar) => [
    isoTime(bar.time),
    ...COLUMNS.map((name) => bar[name]),
    String(bar.closed),
    bar.quality,
    bar.revision,
  ]);
  return csvText(["time", ...COLUMNS, "closed", "quality", "revision"], rows);
}

import { expect, test } from "vitest";
import { decode } from "@/api/decode";
import type { PairAnalytics } from "@/api/types";
import { MockFeed } from "./feed";
import { MockMarket, PAIR } from "./market";

const NOW = 1_763_819_520_000;
const feed = new MockFeed(new MockMarket(NOW));
const message = (topic: string) =>
  JSON.stringify({ type: "snapshot", topic, time: NOW, ...feed.snapshot(topic) });

test.each([
  "status",
  "alerts",
  "bars:BTCUSDT:1m",
  "bars:SOLUSDT:1s",
  "quote:BTCUSDT",
  "funding:BTCUSDT",
  "pair:BTCUSDT-ETHUSDT:1m:60:ols:level",
  "pair:SOLUSDT-BNBUSDT:5m:30:ols:log",
  "matrix:1m:240",
])("%s has the server's form", (topic) => {
  expect(decode(message(topic))).toMatchObject({ topic });
});

test("what it does not have it refuses", () => {
  expect(feed.snapshot("bars:DOGEUSDT:1m")).toBeNull();
  expect(feed.snapshot("nothing")).toBeNull();
});

test("one seed is one market, and a longer look changes no second of the past", () => {
  const early = new MockMarket(NOW);
  const grown = new MockMarket(NOW);
  grown.advance(NOW + 5000);
  expect(grown.bars("BTCUSDT", 1000, 15).slice(0, 10)).toEqual(early.bars("BTCUSDT", 1000, 10));
});

test("the pair is what its truth says, and its numbers are those of its rows", () => {
  const pair = feed.snapshot("pair:BTCUSDT-ETHUSDT:1m:600:ols:level")?.data as PairAnalytics;
  expect(Math.abs((pair.beta ?? 0) - (PAIR.beta ?? 0))).toBeLessThan(3);
  expect(pair.series.zscore.at(-1)).toBe(pair.zscore);
  expect(((pair.spread ?? 0) - (pair.mean ?? 0)) / (pair.sd ?? 1)).toBe(pair.zscore);
});

test("a pair's rows are computed once a bar, and its forming bar is valued every time", () => {
  const market = new MockMarket(NOW);
  const own = new MockFeed(market);
  const look = (ms: number) => {
    market.advance(NOW + ms);
    return own.snapshot("pair:BTCUSDT-ETHUSDT:1m:60:ols:level")?.data as PairAnalytics;
  };
  const [first, later, next] = [look(1000), look(2000), look(61_000)];
  expect(later.series).toBe(first.series);
  expect(later.live.zscore).not.toBe(first.live.zscore);
  expect(later.live.zscore).toBe(((later.live.spread ?? 0) - (later.alpha ?? 0)) / (later.sd ?? 1));
  expect([later.as_of, later.seq]).toEqual([NOW + 2000, 2]);
  expect(next.series.time.at(-1)).toBe((first.series.time.at(-1) ?? 0) + 60_000);
});

test("a pair with too few bars says how many it has, and has no numbers", () => {
  const pair = feed.snapshot("pair:BTCUSDT-ETHUSDT:5m:4000:ols:level")?.data as PairAnalytics;
  expect(pair).toMatchObject({ status: "too_short", need: 4001, zscore: null, signal: "none" });
  expect(pair.have).toBeLessThan(4001);
  expect(pair.adf.p_value).toBeNull();
  expect(pair.half_life.bars).toBeNull();
  expect(feed.lab("pair:BTCUSDT-ETHUSDT:5m:4000:ols:level")).toBeNull();
});

test("a scan has every pair, the least p first, and too few bars say so", () => {
  const scan = feed.scan({ interval: "1m", window: 240, log: true, symbols: [], seq: null });
  expect(scan?.items.length).toBe(6);
  expect(scan?.items[0]).toMatchObject({ symbol_a: "BTCUSDT", symbol_b: "ETHUSDT" });
  const p = scan?.items.map(({ p_value }) => p_value ?? 1) ?? [];
  expect(p).toEqual([...p].sort((one, other) => one - other));
  const q = scan?.items.map(({ q_value }) => q_value ?? 0) ?? [];
  expect(q.every((value, k) => value >= (p[k] ?? 0) && value <= 1)).toBe(true);
  const short = feed.scan({ interval: "5m", window: 4000, log: true, symbols: [], seq: null });
  expect(short).toMatchObject({ status: "too_short", items: [], need: 4000 });
});

test("an examination is of the pair's own window", () => {
  const topic = "pair:BTCUSDT-ETHUSDT:1m:120:ols:level";
  const [lab, pair] = [feed.lab(topic), feed.snapshot(topic)?.data as PairAnalytics];
  expect(lab?.fits[0]?.beta).toBe(pair.beta);
  expect(lab?.residuals.counts.reduce((sum, bars) => sum + bars, 0)).toBe(120);
  expect(lab?.windows.map(({ window }) => window)).toEqual([30, 60, 120, 240, 480]);
  expect(feed.lab("pair:BTCUSDT-NOSUCH:1m:120:ols:level")).toBeNull();
});

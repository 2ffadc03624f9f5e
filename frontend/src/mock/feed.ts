import type {
  BarList,
  ClientConfig,
  FundingList,
  PairAnalytics,
  PairLab,
  PairScan,
  QuoteList,
  SimulationTruth,
  StreamStatus,
  SymbolList,
} from "@/api/types";
import { intervalMs } from "@/lib/intervals";
import { MockAlerts } from "./alerts";
import { mockLab } from "./lab";
import { type MockMarket, PAIR, SYMBOLS } from "./market";
import { mockScan } from "./scan";
import { correlationOf, dickeyFuller, fitLine } from "./statistics";
import { tooShort } from "./too-short";

const ROWS = 600;
const INTERVALS = ["1s", "1m", "5m"];

type AskedPair = { a: string; b: string; interval: string; window: number; log: boolean };

/** What the mock answers, in the server's own forms. */
export class MockFeed {
  private readonly streaming = new Set(["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT"]);
  private readonly numbers = new Map<string, number>();
  /** Pairs as of their newest closed bar. */
  private readonly closed = new Map<string, { bar: number; pair: PairAnalytics | null }>();
  readonly alerts: MockAlerts;

  constructor(private readonly market: MockMarket) {
    this.alerts = new MockAlerts(market.name, ({ pair, interval, window, scale }) => {
      const [a = "", b = ""] = (pair ?? "").split("-");
      const asked = { a, b, interval: interval ?? "", window: window ?? 60, log: scale === "log" };
      return this.pair(asked, 0)?.series ?? null;
    });
  }

  get head(): { market: string; as_of: number } {
    return { market: this.market.name, as_of: this.market.end };
  }

  start(symbols: readonly string[]): void {
    for (const symbol of symbols.length > 0 ? symbols : SYMBOLS)
      if (SYMBOLS.includes(symbol)) this.streaming.add(symbol);
  }

  stop(symbols: readonly string[]): void {
    for (const symbol of symbols.length > 0 ? symbols : SYMBOLS) this.streaming.delete(symbol);
  }

  config(): ClientConfig {
    return {
      version: "mock",
      market: this.market.name,
      source: "sim:7",
      sources: ["sim:7"],
      intervals: INTERVALS,
      window: 60,
      method: "ols",
      methods: ["ols"],
      scale: "level",
      available_symbols: [],
      tick_buffer_size: 10_000,
    };
  }

  symbols(): SymbolList {
    const items = SYMBOLS.map((symbol) => this.market.symbolOut(symbol, this.streaming.has(symbol)));
    return { ...this.head, items, next: null };
  }

  truth(): SimulationTruth {
    return { market: this.market.name, seed: 7, pairs: [PAIR] };
  }

  status(seq: number): StreamStatus {
    const symbols = SYMBOLS.map((symbol) => ({
      symbol,
      state: this.streaming.has(symbol) ? ("live" as const) : ("stopped" as const),
      reason: null,
      last_id: Math.floor(this.market.end / 1000),
      last_time: this.market.end,
      last_price: this.market.price(symbol),
      ticks: 10_000,
      rate: this.streaming.has(symbol) ? (this.market.listed(symbol)?.rate ?? 0) : 0,
      latency_ms: 8,
      gaps: { open: 0, filled: 0, confirmed: 0 },
      duplicates: 0,
      out_of_order: 0,
      quarantined: 0,
    }));
    return {
      ...this.head,
      seq,
      running: this.streaming.size > 0,
      source: "sim:7",
      source_state: "ready",
      reason: null,
      finished: false,
      speed: 1,
      analytics: { pairs: 1, refreshed: 1, shed: 0, stale: 0 },
      connections: [],
      symbols,
      journal: {
        state: "off",
        reason: null,
        lag_ms: null,
        pending_rows: 0,
        committed_rows: 0,
        dropped_rows: 0,
      },
    };
  }

  /** The data of a topic as a snapshot, and the number it gets; null for a topic that does not exist. */
  snapshot(topic: string): { seq: number; news?: boolean; data: object } | null {
    if (topic === "alerts") {
      return { seq: this.alerts.seq, news: true, data: { items: this.alerts.lasting(), next: null } };
    }
    const seq = (this.numbers.get(topic) ?? 0) + 1;
    const data = this.data(topic, seq);
    if (!data) return null;
    this.numbers.set(topic, seq);
    return { seq, data };
  }

  private data(topic: string, seq: number): object | null {
    const [kind, first = "", second = "", window = "60", , scale = "level"] = topic.split(":");
    switch (kind) {
      case "status":
        return this.status(seq);
      case "bars":
        return this.bars(first, second, seq);
      case "quote":
        return this.quote(first, seq);
      case "funding":
        return this.funding(first, seq);
      case "pair": {
        const [a = "", b = ""] = first.split("-");
        return this.pair({ a, b, interval: second, window: Number(window), log: scale === "log" }, seq);
      }
      case "matrix":
        return this.scan({ interval: first, window: Number(second), log: true, symbols: [], seq });
      default:
        return null;
    }
  }

  /** All pairs of the named symbols, or of those that stream; null for an interval that is not built. */
  scan(asked: {
    interval: string;
    window: number;
    log: boolean;
    symbols: readonly string[];
    seq: number | null;
  }): PairScan | null {
    const step = intervalMs(asked.interval);
    if (step === null || !INTERVALS.includes(asked.interval)) return null;
    const symbols = asked.symbols.length > 0 ? asked.symbols : [...this.streaming];
    const legs = symbols.filter((symbol) => SYMBOLS.includes(symbol)).sort();
    const closes = legs.map((symbol) => {
      const bars = this.market.bars(symbol, step, asked.window + 1).filter(({ closed }) => closed);
      return { symbol, times: bars.map(({ time }) => time), closes: bars.map(({ close }) => close ?? 0) };
    });
    const { interval, window, log, seq } = asked;
    return mockScan({ ...this.head, seq }, closes, { interval, step, window, scale: log ? "log" : "level" });
  }

  /** One pair's examination; null where the mock has no such pair, or too few bars of it. */
  lab(topic: string): PairLab | null {
    const pair = this.data(topic, 0) as PairAnalytics | null;
    return pair?.status === "ok" ? mockLab(pair) : null;
  }

  private bars(symbol: string, interval: string, seq: number): BarList | null {
    const step = intervalMs(interval);
    if (!SYMBOLS.includes(symbol) || step === null) return null;
    const items = this.market.bars(symbol, step, ROWS);
    return { ...this.head, seq, symbol, interval, items, next: null };
  }

  private quote(symbol: string, seq: number): QuoteList {
    const { tick = 0.01 } = this.market.listed(symbol) ?? {};
    const price = this.market.price(symbol);
    const latest = { time: this.market.end, bid: price - tick, bid_size: 4, ask: price + tick, ask_size: 3 };
    return {
      ...this.head,
      seq,
      symbol,
      stale: false,
      stale_reason: null,
      latest,
      items: [latest],
      next: null,
    };
  }

  private funding(symbol: string, seq: number): FundingList {
    const mark = this.market.price(symbol);
    const eightHours = 8 * 3_600_000;
    const latest = {
      time: this.market.end,
      mark,
      index: mark,
      funding_rate: 0.0001,
      next_funding_time: Math.ceil(this.market.end / eightHours) * eightHours,
    };
    return {
      ...this.head,
      seq,
      symbol,
      stale: false,
      stale_reason: null,
      latest,
      items: [latest],
      next: null,
    };
  }

  /** A pair's numbers for /analytics/pair, as its topic has them. */
  pairFor(query: URLSearchParams): PairAnalytics | null {
    const text = (name: string) => query.get(name) ?? "";
    const [a, b, log] = [text("symbol_a"), text("symbol_b"), text("scale") === "log"];
    const asked = { a, b, interval: text("interval"), window: Number(text("window") || 60), log };
    return this.pair(asked, 0);
  }

  /** A pair as it is now: its closed bars' numbers, which last until the next bar, and the forming one's. */
  private pair(asked: AskedPair, seq: number): PairAnalytics | null {
    const step = intervalMs(asked.interval);
    if (!SYMBOLS.includes(asked.a) || !SYMBOLS.includes(asked.b) || step === null) return null;
    const key = JSON.stringify(asked);
    const bar = Math.floor(this.market.end / step);
    let known = this.closed.get(key);
    // Rules look at every row of it: computed for each of them, a preview would take minutes.
    if (known?.bar !== bar) {
      known = { bar, pair: this.closedPair(asked, step) };
      this.closed.set(key, known);
    }
    const { pair } = known;
    if (!pair) return null;
    return { ...pair, ...this.head, seq, live: pair.status === "ok" ? this.live(asked, pair) : pair.live };
  }

  /** The newest prices, valued with the line of the closed bars. */
  private live({ a, b, log }: AskedPair, { alpha, beta, sd }: PairAnalytics): PairAnalytics["live"] {
    const read = (symbol: string) => (log ? Math.log(this.market.price(symbol)) : this.market.price(symbol));
    const spread = read(a) - (beta ?? 0) * read(b);
    return { spread, zscore: sd ? (spread - (alpha ?? 0)) / sd : null, time: this.market.end };
  }

  private closedPair({ a, b, interval, window, log }: AskedPair, step: number): PairAnalytics | null {
    const read = (price: number | null) => (log ? Math.log(price ?? 1) : (price ?? 0));
    const depth = ROWS + window;
    const [barsA, barsB] = [a, b].map((symbol) =>
      this.market.bars(symbol, step, depth).filter(({ closed }) => closed),
    );
    const [y, x] = [barsA, barsB].map((bars) => (bars ?? []).map(({ close }) => read(close)));
    if (!barsA || !barsB || !y || !x) return null;
    const returns = (values: number[]) => values.slice(1).map((value, i) => value - (values[i] ?? 0));
    const rows = y.map((_, index) => {
      if (index < window) return null;
      const [inY, inX] = [y.slice(index - window, index), x.slice(index - window, index)];
      const line = fitLine(inY, inX);
      const spread = (y[index] ?? 0) - line.beta * (x[index] ?? 0);
      const logs = (bars: typeof barsA) =>
        returns(bars.slice(index - window, index + 1).map(({ close }) => Math.log(close ?? 1)));
      return {
        line,
        spread,
        zscore: (spread - line.alpha) / line.sd,
        correlation: correlationOf(logs(barsA), logs(barsB)),
      };
    });
    const end = y.length - 1;
    const last = rows[end] ?? null;
    const from = Math.max(0, y.length - ROWS);
    const inWindow = { y: y.slice(end - window, end), x: x.slice(end - window, end) };
    const residuals = inWindow.y.map(
      (value, i) => value - (last?.line.alpha ?? 0) - (last?.line.beta ?? 0) * (inWindow.x[i] ?? 0),
    );
    const { test, persistence } = dickeyFuller(residuals);
    const reverts = persistence > 0 && persistence < 1;
    const bars = reverts ? Math.log(0.5) / Math.log(persistence) : null;
    const cointegrated = (test.p_value ?? 1) < 0.05;
    const z = last?.zscore ?? 0;
    const column = (value: (row: NonNullable<(typeof rows)[number]>) => number) =>
      rows.slice(from).map((row) => (row ? value(row) : null));
    const pair: PairAnalytics = {
      ...this.head,
      seq: 0,
      symbol_a: a,
      symbol_b: b,
      interval,
      window,
      method: "ols",
      scale: log ? "log" : "level",
      status: "ok",
      reason: null,
      stale_reason: null,
      have: y.length,
      need: window + 1,
      first_time: barsA[end - window]?.time ?? null,
      last_time: barsA[end]?.time ?? null,
      quality: { complete: window, partial: 0, quiet: 0, gap: 0, backfilled: 0, kline: 0 },
      alpha: last?.line.alpha ?? null,
      alpha_se: last?.line.alphaError ?? null,
      beta: last?.line.beta ?? null,
      beta_se: last?.line.betaError ?? null,
      beta_low: last ? last.line.beta - 2 * last.line.betaError : null,
      beta_high: last ? last.line.beta + 2 * last.line.betaError : null,
      parameters: {},
      spread: last?.spread ?? null,
      mean: last?.line.alpha ?? null,
      sd: last?.line.sd ?? null,
      zscore: z,
      zscore_reason: null,
      signal: cointegrated ? (z > 2 ? "sell" : z < -2 ? "buy" : "neutral") : "none",
      signal_reason: cointegrated ? null : `not cointegrated at 5 % (p = ${(test.p_value ?? 1).toFixed(2)})`,
      correlation: last?.correlation ?? null,
      correlation_reason: null,
      adf: test,
      cointegration: {
        ...test,
        direction: "y_on_x",
        p_yx: test.p_value,
        p_xy: test.p_value,
        statistic_yx: test.statistic,
        statistic_xy: test.statistic,
        lags_yx: test.lags,
        lags_xy: test.lags,
        note: null,
      },
      half_life: {
        bars,
        seconds: bars === null ? null : (bars * step) / 1000,
        low: bars === null ? null : bars / 2,
        high: bars === null ? null : bars * 3,
        low_seconds: bars === null ? null : (bars * step) / 2000,
        high_seconds: bars === null ? null : (bars * step * 3) / 1000,
        status: reverts ? "ok" : "not_reverting",
        reason: reverts ? null : "the spread does not come back",
      },
      live: { spread: null, zscore: null, time: null },
      series: {
        time: barsA.slice(from).map(({ time }) => time),
        price_a: barsA.slice(from).map(({ close }) => close),
        price_b: barsB.slice(from).map(({ close }) => close),
        alpha: column(({ line }) => line.alpha),
        beta: column(({ line }) => line.beta),
        sd: column(({ line }) => line.sd),
        spread: column(({ spread }) => spread),
        zscore: column(({ zscore }) => zscore),
        correlation: column(({ correlation }) => correlation),
      },
    };
    return last ? pair : tooShort(pair);
  }
}

import type {
  AlertCondition,
  AlertEvent,
  AlertRule,
  Bar,
  BarList,
  ClientConfig,
  FundingList,
  PairAnalytics,
  Quote,
  QuoteList,
  StreamStatus,
  SymbolStatus,
  SystemStatus,
} from "@/api/types";

/** Payloads as the server sends them, for tests; each test names only what it is about. */
export const MINUTE = 60_000;
export const T0 = 1_763_819_520_000;

export function bar(index: number, part: Partial<Bar> = {}): Bar {
  const price = 100 + index;
  return {
    time: T0 + index * MINUTE,
    open: price,
    high: price + 1,
    low: price - 1,
    close: price,
    volume: 2,
    quote_volume: 2 * price,
    trades: 5,
    vwap: price,
    closed: true,
    quality: "complete",
    revision: 0,
    ...part,
  };
}

export function barList(items: Bar[], part: Partial<BarList> = {}): BarList {
  return {
    market: "sim-7",
    as_of: T0,
    seq: 1,
    symbol: "BTCUSDT",
    interval: "1m",
    items,
    next: null,
    ...part,
  };
}

const NO_TEST = {
  statistic: -3.5,
  p_value: 0.02,
  lags: 1,
  n: 58,
  critical_values: { "1%": -4.07, "5%": -3.43, "10%": -3.1 },
  null: "no cointegration",
  role: "descriptive",
  regression: "c",
  autolag: "aic",
  max_lag: 11,
  series_in_test: 2,
  status: "ok",
  reason: null,
} as const;

export function pairData(part: Partial<PairAnalytics> = {}): PairAnalytics {
  return {
    market: "sim-7",
    as_of: T0,
    symbol_a: "BTCUSDT",
    symbol_b: "ETHUSDT",
    interval: "1m",
    window: 60,
    method: "ols",
    scale: "level",
    seq: 7,
    status: "ok",
    reason: null,
    have: 900,
    need: 61,
    first_time: T0,
    last_time: T0 + 2 * MINUTE,
    quality: { complete: 40, partial: 1, quiet: 2, gap: 0, backfilled: 0, kline: 17 },
    stale_reason: null,
    alpha: 1000,
    alpha_se: 40,
    beta: 18.123456,
    beta_se: 0.25,
    beta_low: 17.63,
    beta_high: 18.61,
    parameters: {},
    spread: 1012.5,
    mean: 1000,
    sd: 10,
    zscore: 1.25,
    zscore_reason: null,
    signal: "neutral",
    signal_reason: null,
    correlation: 0.91,
    correlation_reason: null,
    adf: NO_TEST,
    cointegration: {
      ...NO_TEST,
      direction: "y_on_x",
      p_yx: 0.01,
      p_xy: 0.03,
      statistic_yx: -3.5,
      statistic_xy: -3.2,
      lags_yx: 1,
      lags_xy: 2,
      note: null,
    },
    half_life: {
      bars: 6.5,
      seconds: 390,
      low: 4,
      high: null,
      low_seconds: 240,
      high_seconds: null,
      status: "ok",
      reason: null,
    },
    live: { spread: 1013, zscore: 1.3, time: T0 },
    series: {
      time: [T0, T0 + MINUTE, T0 + 2 * MINUTE],
      price_a: [100, 101, 103],
      price_b: [10, 11, 12],
      alpha: [null, 1000, 1000],
      beta: [null, 18, 18.1],
      sd: [null, 10, 10],
      spread: [null, 990, 1012.5],
      zscore: [null, -1, 1.25],
      correlation: [null, 0.9, 0.91],
    },
    ...part,
  };
}

export function symbolStatus(symbol: string, part: Partial<SymbolStatus> = {}): SymbolStatus {
  return {
    symbol,
    state: "live",
    reason: null,
    last_id: 1,
    last_time: T0,
    last_price: 100,
    ticks: 10,
    rate: 2,
    latency_ms: 12,
    gaps: { open: 0, filled: 0, confirmed: 0 },
    duplicates: 0,
    out_of_order: 0,
    quarantined: 0,
    ...part,
  };
}

export function streamStatus(part: Partial<StreamStatus> = {}): StreamStatus {
  return {
    market: "sim-7",
    as_of: T0,
    seq: 1,
    running: true,
    source: "sim:7",
    source_state: "ready",
    reason: null,
    finished: false,
    speed: 1,
    connections: [],
    symbols: [symbolStatus("BTCUSDT"), symbolStatus("ETHUSDT")],
    journal: {
      state: "ok",
      reason: null,
      lag_ms: 2,
      pending_rows: 0,
      committed_rows: 1000,
      dropped_rows: 0,
    },
    analytics: { pairs: 1, stale: 0, refreshed: 10, shed: 0 },
    ...part,
  };
}

export function systemStatus(part: Partial<SystemStatus> = {}): SystemStatus {
  const total = {
    trades: 400,
    counts: [1, 199, 180, 20],
    p50_ms: 9.5,
    p95_ms: 48,
    p99_ms: 180,
    max_ms: 912.4,
  };
  const eth = { trades: 100, counts: [1, 99, 0, 0], p50_ms: 4, p95_ms: 9, p99_ms: 9.9, max_ms: 10 };
  return {
    market: "sim-7",
    as_of: T0,
    versions: {
      product: "0.1.0",
      python: "3.11.9",
      platform: "Linux-6.1.0-x86_64-with-glibc2.36",
      sqlite: "3.40.1",
      libraries: { numba: "0.68.0", numpy: "2.4.0" },
    },
    process: {
      started_at: T0 - MINUTE,
      uptime_s: 60,
      cpu_s: 21.5,
      memory_bytes: 347_500_000,
      peak_memory_bytes: 352_000_000,
      open_files: 33,
      most_open_files: 1024,
      threads: 14,
    },
    event_loop: { over_s: 60, samples: 240, p50_ms: 0.4, p99_ms: 6.2, max_ms: 9.8 },
    buffers: {
      symbols: 2,
      ticks: 14_210,
      tick_capacity: 20_000,
      tick_bytes: 682_080,
      bars: 3870,
      bar_bytes: 340_560,
    },
    journal: streamStatus().journal,
    disk: { used_bytes: 6_300_000, free_bytes: 41_900_000_000, total_bytes: 105_100_000_000 },
    latency: {
      status: "ok",
      reason: null,
      over_s: 300,
      most: 1000,
      bounds_ms: [1, 10, 100],
      total,
      symbols: [
        { symbol: "BTCUSDT", ...total, trades: 300, counts: [0, 100, 180, 20] },
        { symbol: "ETHUSDT", ...eth },
      ],
    },
    ...part,
  };
}

export function clientConfig(part: Partial<ClientConfig> = {}): ClientConfig {
  return {
    version: "0.1.0",
    market: "sim-7",
    source: "sim:7",
    sources: ["sim:7", "binance"],
    intervals: ["1s", "1m", "5m"],
    window: 60,
    method: "ols",
    methods: ["ols"],
    scale: "level",
    available_symbols: [],
    tick_buffer_size: 10_000,
    ...part,
  };
}

export function quoteList(items: Quote[], part: Partial<QuoteList> = {}): QuoteList {
  const latest = items.at(-1) ?? null;
  const head = { market: "sim-7", as_of: T0, seq: 1, symbol: "BTCUSDT", stale: false, stale_reason: null };
  return { ...head, latest, items, next: null, ...part };
}

export function fundingList(rate: number, part: Partial<FundingList> = {}): FundingList {
  const latest = { time: T0, mark: 100, index: 100, funding_rate: rate, next_funding_time: T0 + 60 * MINUTE };
  const head = { market: "sim-7", as_of: T0, seq: 1, symbol: "BTCUSDT", stale: false, stale_reason: null };
  return { ...head, latest, items: [latest], next: null, ...part };
}

export function alertCondition(part: Partial<AlertCondition> = {}): AlertCondition {
  return {
    metric: "zscore",
    symbol: null,
    pair: "BTCUSDT-ETHUSDT",
    interval: "1m",
    window: 60,
    method: "ols",
    scale: "level",
    op: ">",
    value: 2,
    for_s: null,
    live: null,
    ...part,
  };
}

export function alertRule(part: Partial<AlertRule> = {}): AlertRule {
  return {
    id: "r1",
    name: "z high",
    severity: "warning",
    enabled: true,
    when: { all: [alertCondition()], any: null },
    cooldown_s: 0,
    rearm: null,
    channels: [],
    sound: false,
    once: false,
    expires_at: null,
    revision: 1,
    created_at: T0,
    updated_at: T0,
    standing: "armed",
    reason: null,
    event_id: null,
    fired_at: null,
    ...part,
  };
}

/** The event that counts as number `number`; its last change has the same number unless the test says otherwise. */
export function alertEvent(number: number, part: Partial<AlertEvent> = {}): AlertEvent {
  const { id, created_at, updated_at, standing, reason, event_id, fired_at, revision, ...rule } = alertRule();
  return {
    seq: number,
    number,
    id: `e${number}`,
    market: "sim-7",
    rule_id: id,
    rule_revision: revision,
    rule,
    severity: "warning",
    time: T0 + number * MINUTE,
    reason: "zscore of BTCUSDT-ETHUSDT (1m, 60, ols, level) is 2.31, above 2",
    evidence: [
      {
        pointer: "/when/all/0",
        condition: alertCondition(),
        unit: "standard deviations",
        holds: true,
        value: 2.31,
        held_since: null,
        bar_time: T0 + (number - 1) * MINUTE,
        revision: 0,
        trades: [{ symbol: "BTCUSDT", first_id: 10, last_id: 20 }],
        quality: { complete: 59, quiet: 1 },
        note: "",
      },
    ],
    ended_at: null,
    ended_because: null,
    acknowledged_at: null,
    ...part,
  };
}

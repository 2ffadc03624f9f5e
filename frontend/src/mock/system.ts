import type { Delays, StreamStatus, SystemStatus } from "@/api/types";

const BOUNDS_MS = [1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000];
const DELAYS_MS = [2, 4, 6, 7, 8, 8, 9, 11, 14, 38];
const CAPACITY = 10_000;
const TICK_BYTES = 48;
const BAR_BYTES = 88;
const BARS = 12_000;
const UNKNOWN = {
  memory_bytes: null,
  peak_memory_bytes: null,
  open_files: null,
  most_open_files: null,
};

/** So many trades, a tenth of them late by each of DELAYS_MS. */
function delays(tenths: number): Delays {
  const counts = [...BOUNDS_MS, Number.POSITIVE_INFINITY].map(
    (bound, at) =>
      tenths *
      DELAYS_MS.filter((ms) => ms <= bound && ms > (BOUNDS_MS[at - 1] ?? Number.NEGATIVE_INFINITY)).length,
  );
  return { trades: tenths * DELAYS_MS.length, counts, p50_ms: 8, p95_ms: 38, p99_ms: 38, max_ms: 38 };
}

/** What a server would say of itself; of the page's own memory a browser tells nothing. */
export function mockSystem(status: StreamStatus, now: number): SystemStatus {
  const streaming = status.symbols.filter(({ state }) => state === "live");
  const held = status.symbols.length;
  return {
    market: status.market,
    as_of: status.as_of,
    versions: { product: "mock", python: "none", platform: "a browser", sqlite: "none", libraries: {} },
    process: {
      ...UNKNOWN,
      started_at: Math.round(performance.timeOrigin),
      uptime_s: (now - performance.timeOrigin) / 1000,
      cpu_s: 0,
      threads: 1,
    },
    event_loop: { over_s: 60, samples: 0, p50_ms: null, p99_ms: null, max_ms: null },
    buffers: {
      symbols: held,
      ticks: held * CAPACITY,
      tick_capacity: held * CAPACITY,
      tick_bytes: held * CAPACITY * TICK_BYTES,
      bars: held * BARS,
      bar_bytes: held * BARS * BAR_BYTES,
    },
    journal: status.journal,
    disk: { used_bytes: null, free_bytes: null, total_bytes: null },
    latency: {
      status: streaming.length > 0 ? "ok" : "no_trades",
      reason: streaming.length > 0 ? null : "no stream has brought a trade in the last 5 minutes",
      over_s: 300,
      most: 1000,
      bounds_ms: BOUNDS_MS,
      total: streaming.length > 0 ? delays(20 * streaming.length) : EMPTY,
      symbols: streaming.map(({ symbol }) => ({ symbol, ...delays(20) })),
    },
  };
}

const EMPTY: Delays = {
  trades: 0,
  counts: [...BOUNDS_MS, 0].map(() => 0),
  p50_ms: null,
  p95_ms: null,
  p99_ms: null,
  max_ms: null,
};

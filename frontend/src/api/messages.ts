import * as z from "zod/mini";
import type { BarList, PairAnalytics, StreamStatus, TickList } from "./types";

// Compiled parsers need `new Function`, which `script-src 'self'` forbids.
z.config({ jitless: true });

// The form of each message. The annotations hold them to the types generated from the server's own description.

const number = z.number();
const integer = z.int();
const maybe = z.nullable(z.number());
const maybeInteger = z.nullable(z.int());
const maybeText = z.nullable(z.string());
const text = z.string();
const column = z.array(maybe);

const resultStatus = z.enum([
  "ok",
  "too_short",
  "missing",
  "zero_variance",
  "duplicate",
  "near_perfect",
  "not_reverting",
  "oscillating",
  "singular",
]);
const header = { market: text, as_of: maybeInteger };

const status: z.ZodMiniType<StreamStatus> = z.object({
  ...header,
  seq: integer,
  running: z.boolean(),
  source: text,
  source_state: z.enum(["starting", "ready", "unreachable", "failed", "stopped"]),
  reason: maybeText,
  finished: z.boolean(),
  speed: number,
  connections: z.array(
    z.object({
      id: text,
      state: z.enum(["connecting", "open", "waiting", "closed"]),
      since: integer,
      streams: integer,
      messages: integer,
      reconnects: integer,
      retry_at: maybeInteger,
      last_error: maybeText,
    }),
  ),
  symbols: z.array(
    z.object({
      symbol: text,
      state: z.enum(["connecting", "live", "quiet", "stale", "gap", "halted", "stopped"]),
      reason: maybeText,
      last_id: maybeInteger,
      last_time: maybeInteger,
      last_price: maybe,
      ticks: integer,
      rate: number,
      latency_ms: maybe,
      gaps: z.object({ open: integer, filled: integer, confirmed: integer }),
      duplicates: integer,
      out_of_order: integer,
      quarantined: integer,
    }),
  ),
  journal: z.object({
    state: z.enum(["off", "ok", "behind", "failing"]),
    reason: maybeText,
    lag_ms: maybe,
    pending_rows: integer,
    committed_rows: integer,
    dropped_rows: integer,
  }),
  analytics: z.object({ pairs: integer, stale: integer, refreshed: integer, shed: integer }),
});

const bars: z.ZodMiniType<BarList> = z.object({
  ...header,
  seq: integer,
  symbol: text,
  interval: text,
  items: z.array(
    z.object({
      time: integer,
      open: maybe,
      high: maybe,
      low: maybe,
      close: maybe,
      volume: number,
      quote_volume: number,
      trades: integer,
      vwap: maybe,
      closed: z.boolean(),
      quality: z.enum(["complete", "partial", "quiet", "gap", "backfilled", "kline"]),
      revision: integer,
    }),
  ),
  next: maybeText,
});

const ticks: z.ZodMiniType<TickList> = z.object({
  ...header,
  seq: integer,
  symbol: text,
  items: z.array(
    z.object({ id: integer, time: integer, price: number, size: number, side: z.enum(["buy", "sell"]) }),
  ),
  next: maybeText,
});

const test = {
  statistic: maybe,
  p_value: maybe,
  lags: maybeInteger,
  n: integer,
  critical_values: z.nullable(z.record(z.string(), z.number())),
  null: text,
  status: resultStatus,
  reason: maybeText,
};

const pair: z.ZodMiniType<PairAnalytics> = z.object({
  ...header,
  symbol_a: text,
  symbol_b: text,
  interval: text,
  window: integer,
  method: z.enum(["ols", "huber", "theil_sen", "kalman", "tls"]),
  scale: z.enum(["level", "log"]),
  seq: integer,
  status: resultStatus,
  reason: maybeText,
  have: integer,
  need: integer,
  first_time: maybeInteger,
  last_time: maybeInteger,
  quality: z.object({
    complete: integer,
    partial: integer,
    quiet: integer,
    gap: integer,
    backfilled: integer,
    kline: integer,
  }),
  stale_reason: maybeText,
  alpha: maybe,
  alpha_se: maybe,
  beta: maybe,
  beta_se: maybe,
  beta_low: maybe,
  beta_high: maybe,
  parameters: z.record(z.string(), maybe),
  spread: maybe,
  mean: maybe,
  sd: maybe,
  zscore: maybe,
  signal: z.enum(["sell", "buy", "neutral", "none"]),
  signal_reason: maybeText,
  correlation: maybe,
  adf: z.object(test),
  cointegration: z.object({
    ...test,
    direction: z.nullable(z.enum(["y_on_x", "x_on_y"])),
    p_yx: maybe,
    p_xy: maybe,
    note: maybeText,
  }),
  half_life: z.object({
    bars: maybe,
    seconds: maybe,
    low: maybe,
    high: maybe,
    status: resultStatus,
    reason: maybeText,
  }),
  live: z.object({ spread: maybe, zscore: maybe, time: maybeInteger }),
  series: z.object({
    time: z.array(integer),
    price_a: column,
    price_b: column,
    alpha: column,
    beta: column,
    sd: column,
    spread: column,
    zscore: column,
    correlation: column,
  }),
});

export const envelope = z.object({ type: text, topic: z.optional(maybeText) });
const pushed = { type: z.enum(["snapshot", "update"]), topic: text, seq: integer, time: integer };
export const hello = z.object({
  type: z.literal("hello"),
  session: text,
  version: text,
  market: text,
  time: integer,
});
export const ack = z.object({
  type: z.literal("ack"),
  op: z.enum(["subscribe", "unsubscribe"]),
  topics: z.array(text),
  time: integer,
});
export const pong = z.object({ type: z.literal("pong"), time: integer });
export const error = z.object({
  type: z.literal("error"),
  code: text,
  detail: text,
  topic: maybeText,
  time: integer,
});
export const statusMessage = z.object({ ...pushed, data: status });
export const ticksMessage = z.object({ ...pushed, data: ticks });
export const barsMessage = z.object({ ...pushed, data: bars });
export const pairMessage = z.object({ ...pushed, data: pair });

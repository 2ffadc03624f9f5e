/** Made by build/generate.mjs from the server's openapi.json; `make generate` makes it anew. */
import * as z from "zod/mini";
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

const alertCondition: z.ZodMiniType<Schemas["AlertCondition"]> = z.object({
  for_s: z.nullable(z.number()),
  interval: z.nullable(z.string()),
  live: z.nullable(z.boolean()),
  method: z.nullable(z.string()),
  metric: z.enum(["price","return","volume","volatility","tick_rate","spread","zscore","correlation","hedge_ratio","adf_pvalue","coint_pvalue","half_life","staleness"]),
  op: z.enum([">","<",">=","<=","crosses_above","crosses_below"]),
  pair: z.nullable(z.string()),
  scale: z.nullable(z.enum(["level","log"])),
  symbol: z.nullable(z.string()),
  value: z.number(),
  window: z.nullable(z.int()),
});
const alertTrades: z.ZodMiniType<Schemas["AlertTrades"]> = z.object({
  first_id: z.int(),
  last_id: z.int(),
  symbol: z.string(),
});
const alertEvidence: z.ZodMiniType<Schemas["AlertEvidence"]> = z.object({
  bar_time: z.nullable(z.int()),
  condition: alertCondition,
  held_since: z.nullable(z.int()),
  holds: z.nullable(z.boolean()),
  note: z.string(),
  pointer: z.string(),
  quality: z.record(z.string(), z.int()),
  revision: z.int(),
  trades: z.array(alertTrades),
  unit: z.string(),
  value: z.nullable(z.number()),
});
const alertGroup: z.ZodMiniType<Schemas["AlertGroup"]> = z.object({
  all: z.nullable(z.array(z.union([alertCondition, z.lazy(() => alertGroup)]))),
  any: z.nullable(z.array(z.union([alertCondition, z.lazy(() => alertGroup)]))),
});
const alertRuleFields: z.ZodMiniType<Schemas["AlertRuleFields"]> = z.object({
  channels: z.array(z.string()),
  cooldown_s: z.number(),
  enabled: z.boolean(),
  expires_at: z.nullable(z.int()),
  name: z.string(),
  once: z.boolean(),
  rearm: z.nullable(z.number()),
  severity: z.enum(["info","warning","critical"]),
  sound: z.boolean(),
  when: alertGroup,
});
const alertEvent: z.ZodMiniType<Schemas["AlertEvent"]> = z.object({
  acknowledged_at: z.nullable(z.int()),
  ended_at: z.nullable(z.int()),
  ended_because: z.nullable(z.string()),
  evidence: z.array(alertEvidence),
  id: z.string(),
  market: z.string(),
  number: z.int(),
  reason: z.string(),
  rule: alertRuleFields,
  rule_id: z.string(),
  rule_revision: z.int(),
  seq: z.int(),
  severity: z.enum(["info","warning","critical"]),
  time: z.int(),
});
const alertEventList: z.ZodMiniType<Schemas["AlertEventList"]> = z.object({
  items: z.array(alertEvent),
  next: z.nullable(z.int()),
});
const alertsMessage: z.ZodMiniType<Schemas["AlertsMessage"]> = z.object({
  data: alertEventList,
  news: z.boolean(),
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const eventBar: z.ZodMiniType<Schemas["EventBar"]> = z.object({
  close: z.nullable(z.number()),
  closed: z.boolean(),
  first_id: z.int(),
  high: z.nullable(z.number()),
  last_id: z.int(),
  low: z.nullable(z.number()),
  open: z.nullable(z.number()),
  quality: z.enum(["complete","partial","quiet","gap","backfilled","kline"]),
  quote_volume: z.number(),
  revision: z.int(),
  time: z.int(),
  trades: z.int(),
  volume: z.number(),
  vwap: z.nullable(z.number()),
});
const bar: z.ZodMiniType<Schemas["Bar"]> = z.object({
  close: z.nullable(z.number()),
  closed: z.boolean(),
  high: z.nullable(z.number()),
  low: z.nullable(z.number()),
  open: z.nullable(z.number()),
  quality: z.enum(["complete","partial","quiet","gap","backfilled","kline"]),
  quote_volume: z.number(),
  revision: z.int(),
  time: z.int(),
  trades: z.int(),
  volume: z.number(),
  vwap: z.nullable(z.number()),
});
const barList: z.ZodMiniType<Schemas["BarList"]> = z.object({
  as_of: z.nullable(z.int()),
  interval: z.string(),
  items: z.array(z.union([eventBar, bar])),
  market: z.string(),
  next: z.nullable(z.string()),
  seq: z.int(),
  symbol: z.string(),
});
const barsMessage: z.ZodMiniType<Schemas["BarsMessage"]> = z.object({
  data: barList,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const funding: z.ZodMiniType<Schemas["Funding"]> = z.object({
  funding_rate: z.number(),
  index: z.number(),
  mark: z.number(),
  next_funding_time: z.int(),
  time: z.int(),
});
const fundingList: z.ZodMiniType<Schemas["FundingList"]> = z.object({
  as_of: z.nullable(z.int()),
  items: z.array(funding),
  latest: z.nullable(funding),
  market: z.string(),
  next: z.nullable(z.string()),
  seq: z.int(),
  stale: z.boolean(),
  stale_reason: z.nullable(z.string()),
  symbol: z.string(),
});
const fundingMessage: z.ZodMiniType<Schemas["FundingMessage"]> = z.object({
  data: fundingList,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const scannedPair: z.ZodMiniType<Schemas["ScannedPair"]> = z.object({
  alpha: z.nullable(z.number()),
  beta: z.nullable(z.number()),
  correlation: z.nullable(z.number()),
  direction: z.nullable(z.enum(["y_on_x","x_on_y"])),
  half_life: z.nullable(z.number()),
  half_life_seconds: z.nullable(z.number()),
  half_life_status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
  holdout: z.enum(["not_tried","screened_out","failed","survived"]),
  holdout_p: z.nullable(z.number()),
  holdout_q: z.nullable(z.number()),
  lags: z.nullable(z.int()),
  lags_xy: z.nullable(z.int()),
  p_calibrated: z.nullable(z.number()),
  p_value: z.nullable(z.number()),
  p_xy: z.nullable(z.number()),
  p_yx: z.nullable(z.number()),
  q_value: z.nullable(z.number()),
  reason: z.nullable(z.string()),
  reasons: z.record(z.string(), z.string()),
  statistic: z.nullable(z.number()),
  statistic_xy: z.nullable(z.number()),
  status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
  symbol_a: z.string(),
  symbol_b: z.string(),
  zscore: z.nullable(z.number()),
});
const windowQuality: z.ZodMiniType<Schemas["WindowQuality"]> = z.object({
  backfilled: z.int(),
  complete: z.int(),
  gap: z.int(),
  kline: z.int(),
  partial: z.int(),
  quiet: z.int(),
});
const pairScan: z.ZodMiniType<Schemas["PairScan"]> = z.object({
  as_of: z.nullable(z.int()),
  autolag: z.nullable(z.string()),
  calibrated: z.boolean(),
  critical_values: z.nullable(z.record(z.string(), z.number())),
  expected_false: z.number(),
  first_time: z.nullable(z.int()),
  fit: z.nullable(z.number()),
  found: z.int(),
  have: z.int(),
  holdout_share: z.nullable(z.number()),
  interval: z.string(),
  items: z.array(scannedPair),
  last_time: z.nullable(z.int()),
  level: z.nullable(z.number()),
  market: z.string(),
  max_lag: z.nullable(z.int()),
  method: z.literal("engle_granger"),
  n: z.nullable(z.int()),
  need: z.int(),
  null: z.nullable(z.string()),
  pairs_tested: z.int(),
  quality: z.record(z.string(), windowQuality),
  reason: z.nullable(z.string()),
  role: z.enum(["descriptive","formation"]),
  scale: z.enum(["level","log"]),
  screen: z.nullable(z.number()),
  seq: z.nullable(z.int()),
  status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
  symbols: z.array(z.string()),
  trend: z.literal("c"),
  window: z.int(),
});
const matrixMessage: z.ZodMiniType<Schemas["MatrixMessage"]> = z.object({
  data: pairScan,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const testResult: z.ZodMiniType<Schemas["TestResult"]> = z.object({
  autolag: z.nullable(z.string()),
  critical_values: z.nullable(z.record(z.string(), z.number())),
  lags: z.nullable(z.int()),
  max_lag: z.nullable(z.int()),
  n: z.int(),
  null: z.string(),
  p_value: z.nullable(z.number()),
  reason: z.nullable(z.string()),
  regression: z.string(),
  role: z.enum(["descriptive","formation"]),
  series_in_test: z.nullable(z.int()),
  statistic: z.nullable(z.number()),
  status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
});
const cointegrationResult: z.ZodMiniType<Schemas["CointegrationResult"]> = z.object({
  autolag: z.nullable(z.string()),
  critical_values: z.nullable(z.record(z.string(), z.number())),
  direction: z.nullable(z.enum(["y_on_x","x_on_y"])),
  lags: z.nullable(z.int()),
  lags_xy: z.nullable(z.int()),
  lags_yx: z.nullable(z.int()),
  max_lag: z.nullable(z.int()),
  n: z.int(),
  note: z.nullable(z.string()),
  null: z.string(),
  p_value: z.nullable(z.number()),
  p_xy: z.nullable(z.number()),
  p_yx: z.nullable(z.number()),
  reason: z.nullable(z.string()),
  regression: z.string(),
  role: z.enum(["descriptive","formation"]),
  series_in_test: z.nullable(z.int()),
  statistic: z.nullable(z.number()),
  statistic_xy: z.nullable(z.number()),
  statistic_yx: z.nullable(z.number()),
  status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
});
const halfLife: z.ZodMiniType<Schemas["HalfLife"]> = z.object({
  bars: z.nullable(z.number()),
  high: z.nullable(z.number()),
  high_seconds: z.nullable(z.number()),
  low: z.nullable(z.number()),
  low_seconds: z.nullable(z.number()),
  reason: z.nullable(z.string()),
  seconds: z.nullable(z.number()),
  status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
});
const livePair: z.ZodMiniType<Schemas["LivePair"]> = z.object({
  spread: z.nullable(z.number()),
  time: z.nullable(z.int()),
  zscore: z.nullable(z.number()),
});
const pairSeries: z.ZodMiniType<Schemas["PairSeries"]> = z.object({
  alpha: z.array(z.nullable(z.number())),
  beta: z.array(z.nullable(z.number())),
  correlation: z.array(z.nullable(z.number())),
  price_a: z.array(z.nullable(z.number())),
  price_b: z.array(z.nullable(z.number())),
  sd: z.array(z.nullable(z.number())),
  spread: z.array(z.nullable(z.number())),
  time: z.array(z.int()),
  zscore: z.array(z.nullable(z.number())),
});
const pairAnalytics: z.ZodMiniType<Schemas["PairAnalytics"]> = z.object({
  adf: testResult,
  alpha: z.nullable(z.number()),
  alpha_se: z.nullable(z.number()),
  as_of: z.nullable(z.int()),
  beta: z.nullable(z.number()),
  beta_high: z.nullable(z.number()),
  beta_low: z.nullable(z.number()),
  beta_se: z.nullable(z.number()),
  cointegration: cointegrationResult,
  correlation: z.nullable(z.number()),
  correlation_reason: z.nullable(z.string()),
  first_time: z.nullable(z.int()),
  half_life: halfLife,
  have: z.int(),
  interval: z.string(),
  last_time: z.nullable(z.int()),
  live: livePair,
  market: z.string(),
  mean: z.nullable(z.number()),
  method: z.enum(["ols","huber","theil_sen","kalman","tls"]),
  need: z.int(),
  parameters: z.record(z.string(), z.nullable(z.number())),
  quality: windowQuality,
  reason: z.nullable(z.string()),
  scale: z.enum(["level","log"]),
  sd: z.nullable(z.number()),
  seq: z.int(),
  series: pairSeries,
  signal: z.enum(["sell","buy","neutral","none"]),
  signal_reason: z.nullable(z.string()),
  spread: z.nullable(z.number()),
  stale_reason: z.nullable(z.string()),
  status: z.enum(["ok","too_short","missing","zero_variance","duplicate","near_perfect","not_reverting","oscillating","singular","stale"]),
  symbol_a: z.string(),
  symbol_b: z.string(),
  window: z.int(),
  zscore: z.nullable(z.number()),
  zscore_reason: z.nullable(z.string()),
});
const pairMessage: z.ZodMiniType<Schemas["PairMessage"]> = z.object({
  data: pairAnalytics,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const quote: z.ZodMiniType<Schemas["Quote"]> = z.object({
  ask: z.number(),
  ask_size: z.number(),
  bid: z.number(),
  bid_size: z.number(),
  time: z.int(),
});
const quoteList: z.ZodMiniType<Schemas["QuoteList"]> = z.object({
  as_of: z.nullable(z.int()),
  items: z.array(quote),
  latest: z.nullable(quote),
  market: z.string(),
  next: z.nullable(z.string()),
  seq: z.int(),
  stale: z.boolean(),
  stale_reason: z.nullable(z.string()),
  symbol: z.string(),
});
const quoteMessage: z.ZodMiniType<Schemas["QuoteMessage"]> = z.object({
  data: quoteList,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const analyticsStatus: z.ZodMiniType<Schemas["AnalyticsStatus"]> = z.object({
  pairs: z.int(),
  refreshed: z.int(),
  shed: z.int(),
  stale: z.int(),
});
const connection: z.ZodMiniType<Schemas["Connection"]> = z.object({
  id: z.string(),
  last_error: z.nullable(z.string()),
  messages: z.int(),
  reconnects: z.int(),
  retry_at: z.nullable(z.int()),
  since: z.int(),
  state: z.enum(["connecting","open","waiting","closed"]),
  streams: z.int(),
});
const journal: z.ZodMiniType<Schemas["Journal"]> = z.object({
  committed_rows: z.int(),
  dropped_rows: z.int(),
  lag_ms: z.nullable(z.number()),
  pending_rows: z.int(),
  reason: z.nullable(z.string()),
  state: z.enum(["off","ok","behind","failing"]),
});
const gaps: z.ZodMiniType<Schemas["Gaps"]> = z.object({
  confirmed: z.int(),
  filled: z.int(),
  open: z.int(),
});
const symbolStatus: z.ZodMiniType<Schemas["SymbolStatus"]> = z.object({
  duplicates: z.int(),
  gaps: gaps,
  last_id: z.nullable(z.int()),
  last_price: z.nullable(z.number()),
  last_time: z.nullable(z.int()),
  latency_ms: z.nullable(z.number()),
  out_of_order: z.int(),
  quarantined: z.int(),
  rate: z.number(),
  reason: z.nullable(z.string()),
  state: z.enum(["connecting","live","quiet","stale","gap","halted","stopped"]),
  symbol: z.string(),
  ticks: z.int(),
});
const streamStatus: z.ZodMiniType<Schemas["StreamStatus"]> = z.object({
  analytics: analyticsStatus,
  as_of: z.nullable(z.int()),
  connections: z.array(connection),
  finished: z.boolean(),
  journal: journal,
  market: z.string(),
  reason: z.nullable(z.string()),
  running: z.boolean(),
  seq: z.int(),
  source: z.string(),
  source_state: z.enum(["starting","ready","unreachable","failed","stopped"]),
  speed: z.number(),
  symbols: z.array(symbolStatus),
});
const statusMessage: z.ZodMiniType<Schemas["StatusMessage"]> = z.object({
  data: streamStatus,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const tick: z.ZodMiniType<Schemas["Tick"]> = z.object({
  id: z.int(),
  price: z.number(),
  side: z.enum(["buy","sell"]),
  size: z.number(),
  time: z.int(),
});
const tickList: z.ZodMiniType<Schemas["TickList"]> = z.object({
  as_of: z.nullable(z.int()),
  items: z.array(tick),
  market: z.string(),
  next: z.nullable(z.string()),
  seq: z.int(),
  symbol: z.string(),
});
const ticksMessage: z.ZodMiniType<Schemas["TicksMessage"]> = z.object({
  data: tickList,
  seq: z.int(),
  time: z.int(),
  topic: z.string(),
  type: z.enum(["snapshot","update"]),
});
const ack: z.ZodMiniType<Schemas["Ack"]> = z.object({
  op: z.enum(["subscribe","unsubscribe"]),
  time: z.int(),
  topics: z.array(z.string()),
  type: z.literal("ack"),
});
const hello: z.ZodMiniType<Schemas["Hello"]> = z.object({
  market: z.string(),
  session: z.string(),
  time: z.int(),
  type: z.literal("hello"),
  version: z.string(),
});
const pong: z.ZodMiniType<Schemas["Pong"]> = z.object({
  time: z.int(),
  type: z.literal("pong"),
});
const socketError: z.ZodMiniType<Schemas["SocketError"]> = z.object({
  code: z.string(),
  detail: z.string(),
  time: z.int(),
  topic: z.nullable(z.string()),
  type: z.literal("error"),
});

/** What a message about a topic has to be, by the head of the topic's name. */
export const TOPIC_MESSAGES = {
  alerts: alertsMessage,
  bars: barsMessage,
  funding: fundingMessage,
  matrix: matrixMessage,
  pair: pairMessage,
  quote: quoteMessage,
  status: statusMessage,
  ticks: ticksMessage,
};

/** What any other message has to be, by its type. */
export const OTHER_MESSAGES = {
  ack: ack,
  hello: hello,
  pong: pong,
  error: socketError,
};

import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type AccessToken = Schemas["AccessToken"];
export type AlertAfterwards = Schemas["AlertAfterwards"];
export type AlertChannelList = Schemas["AlertChannelList"];
export type AlertCondition = Schemas["AlertCondition"];
export type AlertDelivery = Schemas["AlertDelivery"];
export type AlertDeliveryList = Schemas["AlertDeliveryList"];
export type AlertEvent = Schemas["AlertEvent"];
export type AlertEventList = Schemas["AlertEventList"];
export type AlertEvidence = Schemas["AlertEvidence"];
export type AlertFiring = Schemas["AlertFiring"];
export type AlertGroup = Schemas["AlertGroup"];
export type AlertPreview = Schemas["AlertPreview"];
export type AlertRule = Schemas["AlertRule"];
export type AlertRuleFields = Schemas["AlertRuleFields"];
export type AlertRuleList = Schemas["AlertRuleList"];
export type Bar = Schemas["Bar"];
export type BarList = Schemas["BarList"];
export type ClientConfig = Schemas["ClientConfig"];
export type Command = Schemas["Command"];
export type Connection = Schemas["Connection"];
export type Delays = Schemas["Delays"];
export type FeedLatency = Schemas["FeedLatency"];
export type Funding = Schemas["Funding"];
export type FundingList = Schemas["FundingList"];
export type Gap = Schemas["Gap"];
export type GapList = Schemas["GapList"];
export type HalfLife = Schemas["HalfLife"];
export type ImportedSpan = Schemas["ImportedSpan"];
export type ImportedSpanList = Schemas["ImportedSpanList"];
export type JobList = Schemas["JobList"];
export type JobStatus = Schemas["JobStatus"];
export type Journal = Schemas["Journal"];
export type PairAnalytics = Schemas["PairAnalytics"];
export type PairLab = Schemas["PairLab"];
export type PairScan = Schemas["PairScan"];
export type PairSeries = Schemas["PairSeries"];
export type Problem = Schemas["Problem"];
export type Quote = Schemas["Quote"];
export type QuoteList = Schemas["QuoteList"];
export type ScannedPair = Schemas["ScannedPair"];
export type SessionState = Schemas["SessionState"];
export type SignIn = Schemas["SignIn"];
export type SocketTicket = Schemas["SocketTicket"];
export type SimulationTruth = Schemas["SimulationTruth"];
export type StoredSpan = Schemas["StoredSpan"];
export type StoredSpanList = Schemas["StoredSpanList"];
export type StreamStatus = Schemas["StreamStatus"];
export type SymbolList = Schemas["SymbolList"];
export type SymbolOut = Schemas["SymbolOut"];
export type SymbolStatus = Schemas["SymbolStatus"];
export type SystemStatus = Schemas["SystemStatus"];
export type Tick = Schemas["Tick"];
export type TickList = Schemas["TickList"];
export type TruePair = Schemas["TruePair"];

export type AlertMetric = AlertCondition["metric"];
export type AlertOp = AlertCondition["op"];
export type Severity = AlertEvent["severity"];
export type HedgeMethod = PairAnalytics["method"];
export type Scale = PairAnalytics["scale"];
export type Replay = Schemas["Replay"];
export type ReplayChange = Schemas["ReplayChange"];
export type ResultStatus = PairAnalytics["status"];

type Pushed<Data> = { type: "snapshot" | "update"; topic: string; seq: number; time: number; data: Data };

/** A message that carries a topic's data. Which data it is follows from the head of the topic's name. */
export type TopicMessage =
  | (Pushed<StreamStatus> & { kind: "status" })
  | (Pushed<TickList> & { kind: "ticks" })
  | (Pushed<BarList> & { kind: "bars" })
  | (Pushed<PairAnalytics> & { kind: "pair" })
  | (Pushed<QuoteList> & { kind: "quote" })
  | (Pushed<FundingList> & { kind: "funding" })
  | (Pushed<PairScan> & { kind: "matrix" });

/** Changes of alert events; unlike other topics it is never conflated, and its `seq` may jump. */
export type AlertsMessage = Pushed<AlertEventList> & { kind: "alerts"; news: boolean };

export type ServerMessage =
  | ({ kind: "hello" } & Schemas["Hello"])
  | ({ kind: "ack" } & Schemas["Ack"])
  | ({ kind: "pong" } & Schemas["Pong"])
  | ({ kind: "error" } & Schemas["SocketError"])
  | AlertsMessage
  | TopicMessage;

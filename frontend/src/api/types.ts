import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Bar = Schemas["Bar"];
export type BarList = Schemas["BarList"];
export type ClientConfig = Schemas["ClientConfig"];
export type Command = Schemas["Command"];
export type Connection = Schemas["Connection"];
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
export type SimulationTruth = Schemas["SimulationTruth"];
export type StoredSpan = Schemas["StoredSpan"];
export type StoredSpanList = Schemas["StoredSpanList"];
export type StreamStatus = Schemas["StreamStatus"];
export type SymbolList = Schemas["SymbolList"];
export type SymbolOut = Schemas["SymbolOut"];
export type SymbolStatus = Schemas["SymbolStatus"];
export type Tick = Schemas["Tick"];
export type TickList = Schemas["TickList"];
export type TruePair = Schemas["TruePair"];

export type HedgeMethod = PairAnalytics["method"];
export type Scale = PairAnalytics["scale"];
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

export type ServerMessage =
  | ({ kind: "hello" } & Schemas["Hello"])
  | ({ kind: "ack" } & Schemas["Ack"])
  | ({ kind: "pong" } & Schemas["Pong"])
  | ({ kind: "error" } & Schemas["SocketError"])
  | TopicMessage;

import type {
  BarList,
  FundingList,
  PairAnalytics,
  PairScan,
  QuoteList,
  StreamStatus,
  TickList,
  TopicMessage,
} from "@/api/types";
import { type Merged, mergeBars, mergePair, mergeSeconds, mergeTicks } from "./merge";

type DataOf = {
  status: StreamStatus;
  ticks: TickList;
  bars: BarList;
  pair: PairAnalytics;
  quote: QuoteList;
  funding: FundingList;
  matrix: PairScan;
};
export type TopicKind = keyof DataOf;

/** The newest of one topic: the server's `seq`, its `time`, and all data merged so far. */
export type Held<Data> = { seq: number; time: number; data: Data };
/** `changedFrom` is the earliest time that differs since the listener was last called; null = start anew. */
export type Listener = (changedFrom: number | null) => void;
type Topic = {
  held: Held<DataOf[TopicKind]> | null;
  /** Its updates no longer fit: they are left out until the snapshot comes, the last numbers stay. */
  broken: boolean;
  /** When its snapshot was last asked for, or nothing was held of it any more. */
  askedAt: number;
  changedFrom: number | null;
  listeners: Set<Listener>;
};
type Frame = (flush: () => void) => void;

const nothingYet = Number.POSITIVE_INFINITY;
// A snapshot can be lost as any message can; those that are under way come sooner.
const ASK_EVERY_MS = 2000;

function merge(held: DataOf[TopicKind], message: TopicMessage): Merged<DataOf[TopicKind]> {
  // The held data came under the same topic name, whose head fixes their type.
  switch (message.kind) {
    case "status":
    case "matrix":
      return { data: message.data, changedFrom: null };
    case "bars":
      return mergeBars(held as BarList, message.data);
    case "ticks":
      return mergeTicks(held as TickList, message.data);
    case "pair":
      return mergePair(held as PairAnalytics, message.data);
    case "quote":
      return mergeSeconds(held as QuoteList, message.data);
    case "funding":
      return mergeSeconds(held as FundingList, message.data);
  }
}

/**
 * What the server pushed, outside React: messages are merged on arrival and announced once per animation frame,
 * however many came. Data of another market than the newest message's are dropped as a whole.
 */
export class LiveStore {
  private readonly topics = new Map<string, Topic>();
  private readonly changed = new Set<Topic>();
  private scheduled = false;
  private currentMarket: string | null = null;

  constructor(
    private readonly onBrokenSequence: (topic: string) => void,
    private readonly frame: Frame = (flush) => requestAnimationFrame(flush),
    private readonly now: () => number = () => performance.now(),
  ) {}

  get market(): string | null {
    return this.currentMarket;
  }

  receive(message: TopicMessage): void {
    this.enterMarket(message.data.market);
    const topic = this.topic(message.topic);
    const { seq, time } = message;
    if (message.type === "snapshot" || message.kind === "status") {
      topic.held = { seq, time, data: message.data };
      topic.broken = false;
      topic.changedFrom = null;
    } else {
      // Without a held snapshot the update belongs to a topic that was just given up or asked for again.
      if (!topic.held || topic.broken) {
        if (this.now() - topic.askedAt > ASK_EVERY_MS) this.ask(topic, message.topic);
        return;
      }
      if (seq !== topic.held.seq + 1) {
        topic.broken = true;
        this.ask(topic, message.topic);
        return;
      }
      const { data, changedFrom } = merge(topic.held.data, message);
      topic.held = { seq, time, data };
      if (topic.changedFrom !== null && changedFrom !== null)
        topic.changedFrom = Math.min(topic.changedFrom, changedFrom);
      else topic.changedFrom = null;
    }
    this.announce(topic);
  }

  /** The merged data of a topic, the same object until it changes; null before its first snapshot. */
  get<Kind extends TopicKind>(_kind: Kind, topic: string): Held<DataOf[Kind]> | null {
    return (this.topics.get(topic)?.held ?? null) as Held<DataOf[Kind]> | null;
  }

  listen(name: string, listener: Listener): () => void {
    const topic = this.topic(name);
    topic.listeners.add(listener);
    return () => topic.listeners.delete(listener);
  }

  /** Forgets a topic that nobody looks at any more. */
  drop(name: string): void {
    const topic = this.topics.get(name);
    if (!topic) return;
    topic.held = null;
    topic.broken = false;
    topic.askedAt = this.now();
    topic.changedFrom = null;
    this.announce(topic);
  }

  /** Leaves the data of any other market than this one behind. */
  enterMarket(market: string): void {
    if (market === this.currentMarket) return;
    this.currentMarket = market;
    for (const name of this.topics.keys()) this.drop(name);
  }

  private topic(name: string): Topic {
    const known = this.topics.get(name);
    if (known) return known;
    const topic: Topic = {
      held: null,
      broken: false,
      askedAt: this.now(),
      changedFrom: nothingYet,
      listeners: new Set(),
    };
    this.topics.set(name, topic);
    return topic;
  }

  private ask(topic: Topic, name: string): void {
    topic.askedAt = this.now();
    this.onBrokenSequence(name);
  }

  private announce(topic: Topic): void {
    this.changed.add(topic);
    if (this.scheduled) return;
    this.scheduled = true;
    this.frame(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const topics = [...this.changed];
    this.changed.clear();
    for (const topic of topics) {
      const { changedFrom } = topic;
      topic.changedFrom = nothingYet;
      for (const listener of topic.listeners) listener(changedFrom);
    }
  }
}

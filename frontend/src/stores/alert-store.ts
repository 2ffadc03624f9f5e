import type { AlertEvent, AlertsMessage } from "@/api/types";

type Ask = {
  newest: (market: string) => Promise<AlertEvent[]>;
  /** Every change after that one, in order. */
  since: (seq: number) => Promise<AlertEvent[]>;
};
type Schedule = (flush: () => void) => void;

export type HeldAlerts = {
  phase: "loading" | "ready" | "failed";
  /** Why what was missed could not be fetched. */
  problem: Error | null;
  /** Of the market that runs, newest first. */
  events: readonly AlertEvent[];
  /** The newest change that is known, with all before it. */
  seq: number;
};

/** Events kept: a page that stays open for weeks does not grow. Older ones are in the server's history. */
const MOST_EVENTS = 500;
const NOTHING: HeldAlerts = { phase: "loading", problem: null, events: [], seq: 0 };
const LATEST_MS = 100;

/** In the next frame, or soon where there are none: a hidden tab draws nothing, and may still make a sound. */
function nextFrame(flush: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    flush();
  };
  requestAnimationFrame(once);
  setTimeout(once, LATEST_MS);
}

/** Whether an event that was over lasts again, as in a recording that was put back. */
const isAgain = (before: AlertEvent | undefined, event: AlertEvent) =>
  before !== undefined && before.ended_at !== null && event.ended_at === null;

/**
 * Alert events as the server tells them, each change once and in order. Whoever was away asks for what came meanwhile.
 * An event is news when it fired after the first look at the history: then it is told to `onNews`, once. So is one that
 * a recording fires again as it is played; what it passes by on its way to another moment is not.
 */
export class AlertStore {
  private held = NOTHING;
  private market: string | null = null;
  private readonly known = new Map<string, AlertEvent>();
  /** Events up to this number are no news; null before the first look. */
  private oldNumber: number | null = null;
  private seq = 0;
  /** Told while something is being asked for, or after it could not be. */
  private toldSeq = 0;
  private isBehind = true;
  private asking = 0;
  private early: AlertEvent[] = [];
  private news: AlertEvent[] = [];
  private isScheduled = false;
  private readonly listeners = new Set<() => void>();
  private readonly newsListeners = new Set<(events: readonly AlertEvent[]) => void>();

  constructor(
    private readonly ask: Ask,
    private readonly schedule: Schedule = nextFrame,
  ) {}

  get(): HeldAlerts {
    return this.held;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onNews(listener: (events: readonly AlertEvent[]) => void): () => void {
    this.newsListeners.add(listener);
    return () => this.newsListeners.delete(listener);
  }

  /** Turns to another market: what fired there before is read, and is no news. */
  enter(market: string): void {
    if (market === this.market) return;
    const isFirst = this.market === null;
    this.market = market;
    this.forget();
    if (!isFirst) void this.load();
  }

  receive(message: AlertsMessage): void {
    this.toldSeq = Math.max(this.toldSeq, message.seq);
    if (message.type === "snapshot") {
      this.greeted(message);
      return;
    }
    this.take(message.data.items, message.news ? "played" : "passed by");
    if (!this.isBehind) this.seq = this.toldSeq;
    this.publish();
  }

  /** Asks again for what could not be fetched. */
  retry(): void {
    if (this.oldNumber === null) void this.load();
    else void this.catchUp();
  }

  private greeted({ seq, data }: AlertsMessage): void {
    if (this.oldNumber !== null && seq < this.seq) {
      // A store that counts from the beginning is another one.
      this.forget();
      this.seq = 0;
      this.toldSeq = seq;
    }
    if (this.oldNumber === null) {
      this.early.push(...data.items);
      void this.load(seq);
      return;
    }
    this.take(data.items);
    if (seq > this.seq) void this.catchUp();
    else this.publish();
  }

  private forget(): void {
    this.known.clear();
    this.early = [];
    this.news = [];
    this.oldNumber = null;
    this.isBehind = true;
    this.asking += 1;
    this.held = { ...NOTHING, seq: this.seq };
    this.publish();
  }

  /** The first look. What changed up to `seq` is no news, and without it nothing that is in the history. */
  private async load(seq = Number.POSITIVE_INFINITY): Promise<void> {
    const { market } = this;
    if (market === null) return;
    await this.asked(
      () => this.ask.newest(market),
      (events) => {
        const old = events.filter((event) => event.seq <= seq);
        this.oldNumber = Math.max(0, ...old.map(({ number }) => number));
        this.take([...events, ...this.early]);
        this.early = [];
      },
    );
  }

  private async catchUp(): Promise<void> {
    this.isBehind = true;
    const from = this.seq;
    await this.asked(
      () => this.ask.since(from),
      (events) => this.take(events),
    );
  }

  private async asked(ask: () => Promise<AlertEvent[]>, use: (events: AlertEvent[]) => void): Promise<void> {
    this.asking += 1;
    const asking = this.asking;
    try {
      const events = await ask();
      if (asking !== this.asking) return;
      use(events);
      this.isBehind = false;
      this.seq = Math.max(this.toldSeq, ...events.map(({ seq }) => seq));
      this.held = { ...this.held, phase: "ready", problem: null };
    } catch (error) {
      if (asking !== this.asking) return;
      const problem = error instanceof Error ? error : new Error(String(error));
      this.held = { ...this.held, phase: "failed", problem };
    }
    this.publish();
  }

  private take(events: readonly AlertEvent[], how: "played" | "passed by" | "fetched" = "fetched"): void {
    for (const event of events) {
      if (event.market !== this.market) continue;
      if (this.oldNumber === null) {
        this.early.push(event);
        continue;
      }
      const before = this.known.get(event.id);
      if (before && before.seq >= event.seq) continue;
      this.known.set(event.id, event);
      const isNew = !before && event.number > this.oldNumber && how !== "passed by";
      if ((isNew || (how === "played" && isAgain(before, event))) && event.acknowledged_at === null)
        this.news.push(event);
    }
    this.trim();
  }

  private trim(): void {
    if (this.known.size <= MOST_EVENTS) return;
    const leaving = [...this.known.values()].sort((a, b) => b.number - a.number).slice(MOST_EVENTS);
    for (const { id, number } of leaving) {
      this.known.delete(id);
      // What is forgotten must not come back as news.
      this.oldNumber = Math.max(this.oldNumber ?? 0, number);
    }
  }

  private publish(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.schedule(() => this.flush());
  }

  private flush(): void {
    this.isScheduled = false;
    const events = [...this.known.values()].sort((a, b) => b.number - a.number);
    this.held = { ...this.held, events, seq: this.seq };
    for (const listener of this.listeners) listener();
    const { news } = this;
    this.news = [];
    if (news.length > 0) for (const listener of this.newsListeners) listener(news);
  }
}

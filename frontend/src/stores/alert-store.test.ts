import { beforeEach, describe, expect, test, vi } from "vitest";
import type { AlertEvent, AlertsMessage } from "@/api/types";
import { alertEvent, T0 } from "@/testing/builders";
import { AlertStore } from "./alert-store";

let server: AlertEvent[];
let frames: (() => void)[];
let news: string[];
let store: AlertStore;
const newest = vi.fn(async (market: string) =>
  server.filter((event) => event.market === market).sort((a, b) => b.number - a.number),
);
const since = vi.fn(async (seq: number) =>
  server.filter((event) => event.seq > seq).sort((a, b) => a.seq - b.seq),
);

const message = (type: "snapshot" | "update", seq: number, items: AlertEvent[]): AlertsMessage => ({
  ...{ kind: "alerts", type, topic: "alerts", seq, time: T0 },
  news: true,
  data: { items, next: null },
});
const snapshot = (seq: number) =>
  message(
    "snapshot",
    seq,
    server.filter((event) => event.ended_at === null),
  );
/** The server stores an event or its change, and tells it. */
function happens(event: AlertEvent): void {
  server = [...server.filter(({ id }) => id !== event.id), event];
  store.receive(message("update", event.seq, [event]));
}
/** The same while nobody listens. */
function happensUnheard(...events: AlertEvent[]): void {
  const ids = new Set(events.map(({ id }) => id));
  server = [...server.filter(({ id }) => !ids.has(id)), ...events];
}
function nextFrame(): void {
  const due = frames;
  frames = [];
  for (const flush of due) flush();
}
/** Lets answers arrive, then draws. */
async function settle(): Promise<void> {
  await vi.waitFor(() => expect(store.get().phase === "loading" && frames.length === 0).toBe(false));
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  nextFrame();
}
const shown = () => store.get().events.map(({ id }) => id);

beforeEach(() => {
  vi.clearAllMocks();
  server = [];
  frames = [];
  news = [];
  store = new AlertStore({ newest, since }, (flush) => frames.push(flush));
  store.onNews((events) => news.push(...events.map(({ id }) => id)));
  store.enter("sim-7");
});

describe("the first look", () => {
  test("shows the past and takes none of it for news", async () => {
    happensUnheard(alertEvent(1), alertEvent(2));
    store.receive(snapshot(2));
    await settle();
    expect(shown()).toEqual(["e2", "e1"]);
    expect(news).toEqual([]);
    expect(store.get()).toMatchObject({ phase: "ready", seq: 2 });
  });

  test("what fires while it is on its way is news, once", async () => {
    happensUnheard(alertEvent(1));
    store.receive(snapshot(1));
    happens(alertEvent(2));
    await settle();
    expect(shown()).toEqual(["e2", "e1"]);
    expect(news).toEqual(["e2"]);
  });

  test("that fails is said, and can be asked for again", async () => {
    newest.mockRejectedValueOnce(new Error("The server does not answer."));
    happensUnheard(alertEvent(1));
    store.receive(snapshot(1));
    await settle();
    expect(store.get()).toMatchObject({
      phase: "failed",
      problem: { message: "The server does not answer." },
    });
    store.retry();
    await settle();
    expect(shown()).toEqual(["e1"]);
    expect(store.get().problem).toBeNull();
  });
});

describe("an open page", () => {
  beforeEach(async () => {
    happensUnheard(alertEvent(1));
    store.receive(snapshot(1));
    await settle();
  });

  test("shows and tells an event in the frame after its message", () => {
    happens(alertEvent(2));
    expect(shown()).toEqual(["e1"]);
    expect(frames).toHaveLength(1);
    nextFrame();
    expect(shown()).toEqual(["e2", "e1"]);
    expect(news).toEqual(["e2"]);
  });

  test("an end and an acknowledgement change the event and are no news", () => {
    happens(alertEvent(2));
    happens(alertEvent(2, { seq: 3, ended_at: T0 }));
    happens(alertEvent(2, { seq: 4, ended_at: T0, acknowledged_at: T0 }));
    nextFrame();
    expect(news).toEqual(["e2"]);
    expect(store.get().events[0]).toMatchObject({ seq: 4, acknowledged_at: T0 });
    // An older word that comes late changes nothing.
    store.receive(message("update", 4, [alertEvent(2, { seq: 3, ended_at: T0 })]));
    nextFrame();
    expect(store.get().events[0]).toMatchObject({ seq: 4, acknowledged_at: T0 });
  });

  test("what was missed is asked for by sequence, and told once", async () => {
    happens(alertEvent(2));
    nextFrame();
    happensUnheard(
      alertEvent(2, { seq: 4, ended_at: T0 }),
      alertEvent(3, { seq: 5, ended_at: T0 }),
      alertEvent(4, { seq: 6 }),
    );
    store.receive(snapshot(6));
    await settle();
    expect(since).toHaveBeenCalledExactlyOnceWith(2);
    expect(shown()).toEqual(["e4", "e3", "e2", "e1"]);
    expect(news.toSorted()).toEqual(["e2", "e3", "e4"]);
    expect(store.get().seq).toBe(6);
    // Nothing was missed: nothing is asked for.
    store.receive(snapshot(6));
    await settle();
    expect(since).toHaveBeenCalledOnce();
  });

  test("a connection that breaks while it asks asks again from where it was", async () => {
    since.mockRejectedValueOnce(new Error("gone"));
    happensUnheard(alertEvent(2), alertEvent(3));
    store.receive(snapshot(3));
    happens(alertEvent(4));
    await settle();
    expect(store.get().phase).toBe("failed");
    store.receive(snapshot(4));
    await settle();
    expect(since.mock.calls).toEqual([[1], [1]]);
    expect(shown()).toEqual(["e4", "e3", "e2", "e1"]);
    expect(news.toSorted()).toEqual(["e2", "e3", "e4"]);
  });

  test("another store begins anew", async () => {
    server = [];
    happensUnheard(alertEvent(1, { id: "other", seq: 0 }));
    store.receive(snapshot(0));
    await settle();
    expect(shown()).toEqual(["other"]);
    expect(news).toEqual([]);
  });

  test("another market has its own events", async () => {
    happensUnheard(alertEvent(2, { market: "binance-um" }));
    store.enter("binance-um");
    await settle();
    expect(shown()).toEqual(["e2"]);
    happens(alertEvent(1, { seq: 3, ended_at: T0 }));
    happens(alertEvent(3, { seq: 4, market: "binance-um" }));
    nextFrame();
    expect(shown()).toEqual(["e3", "e2"]);
    expect(news).toEqual(["e3"]);
  });

  test("it does not grow, and what it forgot is not told again", () => {
    for (let number = 2; number <= 700; number += 1) happens(alertEvent(number));
    nextFrame();
    expect(shown()).toHaveLength(500);
    const told = news.length;
    happens(alertEvent(100, { seq: 701, ended_at: T0 }));
    nextFrame();
    expect(news).toHaveLength(told);
    expect(shown()[0]).toBe("e700");
  });
});

describe("a recording that is put at another moment", () => {
  test("fires again what it is played over, and nothing that it passes by", async () => {
    const over = (number: number, seq: number) => alertEvent(number, { seq, ended_at: T0 });
    happensUnheard(over(1, 1), over(2, 2));
    store.receive(snapshot(2));
    await settle();
    const tell = (event: AlertEvent, isNews: boolean) =>
      store.receive({ ...message("update", event.seq, [event]), news: isNews });
    tell(alertEvent(1, { seq: 3 }), false);
    tell(over(1, 4), false);
    tell(alertEvent(3, { seq: 5 }), false);
    nextFrame();
    expect(news).toEqual([]);
    expect(shown()).toEqual(["e3", "e2", "e1"]);
    tell(alertEvent(2, { seq: 6 }), true);
    nextFrame();
    expect(news).toEqual(["e2"]);
    tell(over(2, 7), true);
    tell(alertEvent(4, { seq: 8 }), true);
    nextFrame();
    expect(news).toEqual(["e2", "e4"]);
  });
});

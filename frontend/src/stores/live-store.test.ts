import { beforeEach, describe, expect, test, vi } from "vitest";
import type { TopicMessage } from "@/api/types";
import { bar, barList, MINUTE, pairData, quoteList, streamStatus, T0 } from "@/testing/builders";
import { LiveStore } from "./live-store";
import { ROW_LIMIT } from "./merge";

const BARS = "bars:BTCUSDT:1m";
const PAIR = "pair:BTCUSDT-ETHUSDT:1m:60:ols:level";

let frames: (() => void)[] = [];
const broken = vi.fn();
let now = 0;
let store: LiveStore;

function nextFrame(): void {
  const due = frames;
  frames = [];
  for (const flush of due) flush();
}

function bars(type: "snapshot" | "update", seq: number, indices: number[], market = "sim-7"): TopicMessage {
  const data = barList(
    indices.map((index) => bar(index)),
    { market, seq },
  );
  return { kind: "bars", type, topic: BARS, seq, time: T0, data };
}

const heldTimes = () => store.get("bars", BARS)?.data.items.map((item) => (item.time - T0) / MINUTE) ?? null;

beforeEach(() => {
  frames = [];
  broken.mockReset();
  now = 0;
  store = new LiveStore(
    broken,
    (flush) => frames.push(flush),
    () => now,
  );
});

describe("a snapshot that is lost", () => {
  test("is asked for again when updates go on without it", () => {
    store.receive(bars("snapshot", 1, [0]));
    store.receive(bars("update", 3, [1]));
    expect(broken).toHaveBeenCalledTimes(1);
    now = 2000;
    store.receive(bars("update", 4, [1])); // on its way before the question came
    expect(broken).toHaveBeenCalledTimes(1);
    now = 2001;
    store.receive(bars("update", 5, [1]));
    store.receive(bars("update", 6, [1]));
    expect(broken).toHaveBeenCalledTimes(2);
    store.receive(bars("snapshot", 7, [0, 1]));
    store.receive(bars("update", 8, [2]));
    expect(broken).toHaveBeenCalledTimes(2);
    expect(heldTimes()).toEqual([0, 1, 2]);
  });

  test("as the first one is", () => {
    store.receive(bars("update", 2, [0]));
    expect(broken).not.toHaveBeenCalled();
    now = 2001;
    store.receive(bars("update", 3, [0]));
    expect(broken).toHaveBeenCalledExactlyOnceWith(BARS);
    expect(heldTimes()).toBeNull();
  });
});

describe("merging", () => {
  test("a snapshot replaces what is held, an update appends and replaces by time", () => {
    store.receive(bars("snapshot", 1, [0, 1, 2]));
    const forming = bar(2, { close: 250, revision: 1 });
    store.receive({ ...bars("update", 2, []), data: barList([forming, bar(3)]) } as TopicMessage);
    expect(heldTimes()).toEqual([0, 1, 2, 3]);
    expect(store.get("bars", BARS)?.data.items[2]?.close).toBe(250);
    store.receive(bars("snapshot", 9, [5, 6]));
    expect(heldTimes()).toEqual([5, 6]);
  });

  test("a revised bar in the middle and a bar that fills a hole take their places", () => {
    store.receive(bars("snapshot", 1, [0, 1, 3, 4]));
    store.receive({
      ...bars("update", 2, []),
      data: barList([bar(1, { revision: 1 }), bar(2)]),
    } as TopicMessage);
    expect(heldTimes()).toEqual([0, 1, 2, 3, 4]);
    expect(store.get("bars", BARS)?.data.items[1]?.revision).toBe(1);
  });

  test("a pair's numbers are replaced and its series joined by time", () => {
    const message = { kind: "pair", topic: PAIR, time: T0 } as const;
    store.receive({ ...message, type: "snapshot", seq: 1, data: pairData() });
    const tail = {
      time: [T0 + 2 * MINUTE, T0 + 3 * MINUTE],
      price_a: [104, 105],
      price_b: [12, 13],
      alpha: [1001, 1002],
      beta: [18.2, 18.3],
      sd: [10, 11],
      spread: [1020, 1030],
      zscore: [2, null],
      correlation: [0.92, 0.93],
    };
    store.receive({ ...message, type: "update", seq: 2, data: pairData({ zscore: 2.5, series: tail }) });
    const held = store.get("pair", PAIR)?.data;
    expect(held?.zscore).toBe(2.5);
    expect(held?.series.time).toHaveLength(4);
    expect(held?.series.zscore).toEqual([null, -1, 2, null]);
    expect(held?.series.price_a).toEqual([100, 101, 104, 105]);
  });

  test("history has a bound", () => {
    store.receive(bars("snapshot", 1, [0]));
    const many = Array.from({ length: ROW_LIMIT + 50 }, (_, index) => index + 1);
    store.receive(bars("update", 2, many));
    expect(heldTimes()).toHaveLength(ROW_LIMIT);
    expect(heldTimes()?.at(-1)).toBe(ROW_LIMIT + 50);
  });
});

describe("sequence", () => {
  test("a skipped update asks for a snapshot and keeps the last numbers until it comes", () => {
    store.receive(bars("snapshot", 1, [0, 1]));
    store.receive(bars("update", 3, [2]));
    expect(broken).toHaveBeenCalledExactlyOnceWith(BARS);
    expect(heldTimes()).toEqual([0, 1]);
    store.receive(bars("update", 4, [3]));
    expect(broken).toHaveBeenCalledOnce();
    store.receive(bars("snapshot", 5, [0, 1, 2, 3]));
    store.receive(bars("update", 6, [4]));
    expect(heldTimes()).toEqual([0, 1, 2, 3, 4]);
  });

  test("an update before any snapshot is left out", () => {
    store.receive(bars("update", 1, [0]));
    expect(heldTimes()).toBeNull();
    expect(broken).not.toHaveBeenCalled();
  });
});

describe("market", () => {
  test("data of another market drop everything of the old one", () => {
    store.receive(bars("snapshot", 1, [0, 1]));
    store.receive({
      kind: "status",
      type: "update",
      topic: "status",
      seq: 4,
      time: T0,
      data: streamStatus({ market: "binance-um" }),
    });
    expect(heldTimes()).toBeNull();
    expect(store.market).toBe("binance-um");
    store.receive(bars("update", 2, [2], "binance-um"));
    expect(heldTimes()).toBeNull();
    store.receive(bars("snapshot", 3, [7], "binance-um"));
    expect(heldTimes()).toEqual([7]);
  });
});

describe("announcing", () => {
  test("listeners hear once a frame, with the earliest change since they last did", () => {
    const listener = vi.fn();
    store.listen(BARS, listener);
    store.receive(bars("snapshot", 1, [0, 1, 2]));
    nextFrame();
    expect(listener).toHaveBeenCalledExactlyOnceWith(null);
    store.receive(bars("update", 2, [3]));
    store.receive(bars("update", 3, [2, 3]));
    store.receive(bars("update", 4, [4]));
    expect(frames).toHaveLength(1);
    nextFrame();
    expect(listener).toHaveBeenCalledTimes(2);
    expect(listener).toHaveBeenLastCalledWith(T0 + 2 * MINUTE);
  });

  test("the held object stays the same until its topic changes", () => {
    store.receive(bars("snapshot", 1, [0]));
    const held = store.get("bars", BARS);
    nextFrame();
    expect(store.get("bars", BARS)).toBe(held);
    store.receive(bars("update", 2, [1]));
    expect(store.get("bars", BARS)).not.toBe(held);
  });

  test("who stopped listening hears nothing; a dropped topic is announced", () => {
    const listener = vi.fn();
    const stop = store.listen(BARS, listener);
    store.receive(bars("snapshot", 1, [0]));
    nextFrame();
    store.drop(BARS);
    nextFrame();
    expect(listener).toHaveBeenLastCalledWith(null);
    expect(heldTimes()).toBeNull();
    stop();
    store.receive(bars("snapshot", 1, [0]));
    nextFrame();
    expect(listener).toHaveBeenCalledTimes(2);
  });
});

test("quotes are joined by their second, and the newest replaces the latest", () => {
  const quote = (second: number, bid: number) => ({
    time: T0 + second * 1000,
    bid,
    bid_size: 1,
    ask: bid + 1,
    ask_size: 1,
  });
  const head = { kind: "quote", topic: "quote:BTCUSDT", time: T0 } as const;
  const own = new LiveStore(
    () => {},
    (flush) => flush(),
  );
  own.receive({ ...head, type: "snapshot", seq: 1, data: quoteList([quote(0, 10), quote(1, 11)]) });
  own.receive({ ...head, type: "update", seq: 2, data: quoteList([quote(1, 12), quote(2, 13)]) });
  const data = own.get("quote", "quote:BTCUSDT")?.data;
  expect(data?.items.map(({ bid }) => bid)).toEqual([10, 12, 13]);
  expect(data?.latest?.bid).toBe(13);
});

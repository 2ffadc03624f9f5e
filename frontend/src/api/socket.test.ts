import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeSocket } from "@/testing/fake-socket";
import { retryDelayMs } from "./backoff";
import { type LinkState, LiveSocket } from "./socket";

const HELLO = { type: "hello", session: "s1", version: "0.1.0", market: "sim-7", time: 1 };
const states: LinkState[] = [];
const onMessage = vi.fn();
const onUnreadable = vi.fn();
const onRoundTrip = vi.fn();
const onSignedOut = vi.fn();
const onRefused = vi.fn();
let socket: LiveSocket;
const ticket = vi.fn<() => Promise<string> | null>();

const phases = () => states.map(({ phase }) => phase);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.made = [];
  states.length = 0;
  onMessage.mockReset();
  for (const mock of [onUnreadable, onRoundTrip, onSignedOut, onRefused]) mock.mockReset();
  ticket.mockReset().mockReturnValue(null);
  const onState = (state: LinkState) => states.push(state);
  const listeners = { onMessage, onUnreadable, onRoundTrip, onSignedOut, onRefused, onState };
  socket = new LiveSocket("ws://server/ws", listeners, ticket);
  socket.open();
});

afterEach(() => {
  socket.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("connection", () => {
  test("asks for the wanted topics when it opens, and again after a reconnect", () => {
    socket.subscribe(["status"]);
    socket.subscribe(["bars:BTCUSDT:1m"]);
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent).toEqual([{ op: "subscribe", topics: ["status", "bars:BTCUSDT:1m"] }]);
    socket.unsubscribe(["status"]);
    FakeSocket.last.drop();
    vi.advanceTimersByTime(1000);
    FakeSocket.last.accept();
    expect(FakeSocket.made).toHaveLength(2);
    expect(FakeSocket.last.sent).toEqual([{ op: "subscribe", topics: ["bars:BTCUSDT:1m"] }]);
  });

  test("tries again within a second, then slower, never after more than 2 s", () => {
    FakeSocket.last.accept();
    FakeSocket.last.say(HELLO);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      FakeSocket.last.drop();
      const state = states.at(-1);
      const wait = state?.phase === "offline" ? state.retryAt - Date.now() : Number.NaN;
      expect(wait).toBeLessThanOrEqual(attempt === 0 ? 1000 : 2000);
      vi.advanceTimersByTime(4000);
    }
    expect(FakeSocket.made).toHaveLength(9);
  });

  test("where the server asks for a ticket each attempt has one of its own", async () => {
    FakeSocket.last.accept();
    let count = 0;
    ticket.mockImplementation(async () => `t${++count}`);
    for (const expected of ["ws://server/ws?ticket=t1", "ws://server/ws?ticket=t2"]) {
      FakeSocket.last.drop();
      await vi.advanceTimersByTimeAsync(4000);
      expect(FakeSocket.last.url).toBe(expected);
      FakeSocket.last.accept();
      FakeSocket.last.say(HELLO);
    }
  });

  test("a ticket that is refused, or comes too late, opens nothing and is asked for again", async () => {
    const until = async (done: () => boolean) => {
      while (!done()) await vi.advanceTimersByTimeAsync(10);
    };
    const asked = (times: number) => () => ticket.mock.calls.length === times;
    const made = FakeSocket.made.length;
    let give = (_: string) => {};
    ticket.mockRejectedValueOnce(new Error("refused"));
    ticket.mockReturnValueOnce(new Promise((resolve) => (give = resolve)));
    FakeSocket.last.drop();
    await until(asked(2)); // the first was for the socket that is gone
    expect(phases().at(-1)).toBe("offline");
    await until(asked(3));
    expect(phases().at(-1)).toBe("connecting");
    await until(() => phases().at(-1) === "offline");
    give("late");
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.made).toHaveLength(made);
    await until(() => FakeSocket.made.length > made);
    expect(FakeSocket.last.url).toBe("ws://server/ws");
  });

  test("gives up a handshake that nobody answers", () => {
    vi.advanceTimersByTime(4000);
    expect(phases().at(-1)).toBe("offline");
  });

  test("a sign-in that has ended is told, and no other attempt is made", () => {
    FakeSocket.last.accept();
    FakeSocket.last.drop(4401, "revoked");
    vi.advanceTimersByTime(20_000);
    expect(onSignedOut).toHaveBeenCalledExactlyOnceWith("revoked");
    expect(FakeSocket.made).toHaveLength(1);
    socket.retryNow();
    FakeSocket.last.accept();
    expect(FakeSocket.made).toHaveLength(2);
    expect(phases().at(-1)).toBe("open");
  });

  test("an attempt that fails is told, and a connection that was lost is not", () => {
    FakeSocket.last.accept();
    FakeSocket.last.drop();
    expect(onRefused).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    FakeSocket.last.drop();
    expect(onRefused).toHaveBeenCalledOnce();
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test("asks again for what the allowance had no room for, and pings on", () => {
    socket.subscribe(["status", "bars:BTCUSDT:1m", "ticks:BTCUSDT"]);
    FakeSocket.last.accept();
    const refusal = { type: "error", code: "too_many_requests", detail: "ask again in 9 s", time: 1 };
    for (const topic of ["status", "bars:BTCUSDT:1m", null]) FakeSocket.last.say({ ...refusal, topic });
    socket.unsubscribe(["bars:BTCUSDT:1m"]);
    vi.advanceTimersByTime(200);
    const pings = () => FakeSocket.last.sent.filter(({ op }) => op === "ping").length;
    expect(pings()).toBe(1);
    FakeSocket.last.say({ ...refusal, topic: null });
    for (let second = 0; second < 11; second += 1) {
      vi.advanceTimersByTime(1000);
      FakeSocket.last.say(HELLO);
    }
    const asked = FakeSocket.last.sent.filter(({ op }) => op === "subscribe");
    expect(asked.slice(1)).toEqual([{ op: "subscribe", topics: ["status"] }]);
    expect(pings()).toBe(2);
    FakeSocket.last.say({ ...refusal, code: "invalid_parameter", topic: "ticks:BTCUSDT" });
    vi.advanceTimersByTime(8000);
    expect(FakeSocket.last.sent.filter(({ op }) => op === "subscribe")).toHaveLength(2);
  });

  test("does not reconnect after it was closed on purpose", () => {
    FakeSocket.last.accept();
    socket.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.made).toHaveLength(1);
  });
});

describe("silence", () => {
  test("is stale after 3 s and open again with the next message", () => {
    FakeSocket.last.accept();
    FakeSocket.last.say(HELLO);
    vi.advanceTimersByTime(2500);
    expect(phases()).toEqual(["connecting", "open"]);
    vi.advanceTimersByTime(500);
    expect(phases().at(-1)).toBe("stale");
    FakeSocket.last.say(HELLO);
    expect(phases().at(-1)).toBe("open");
  });

  test("hangs up on a peer that stays silent, and hears nothing more from it", () => {
    FakeSocket.last.accept();
    const frozen = FakeSocket.last;
    vi.advanceTimersByTime(9500);
    expect(phases().at(-1)).toBe("offline");
    frozen.say(HELLO);
    expect(onMessage).not.toHaveBeenCalled();
  });
});

test("noise is no sign of life", () => {
  FakeSocket.last.accept();
  for (let second = 0; second < 4; second += 1) {
    FakeSocket.last.say("<html>");
    vi.advanceTimersByTime(1000);
  }
  expect(phases().at(-1)).toBe("stale");
  expect(onUnreadable).toHaveBeenCalledTimes(4);
});

test("tells how long the server takes to answer, one question at a time", () => {
  FakeSocket.last.accept();
  const pings = () => FakeSocket.last.sent.filter(({ op }) => op === "ping").length;
  for (let beat = 0; beat < 8; beat += 1) {
    FakeSocket.last.say(HELLO);
    vi.advanceTimersByTime(500);
  }
  expect(pings()).toBe(1);
  const asked = Date.now();
  FakeSocket.last.say({ type: "pong", time: 1 });
  expect(onRoundTrip).toHaveBeenCalledExactlyOnceWith(asked - (asked - 3800));
  vi.advanceTimersByTime(200);
  expect(pings()).toBe(2);
});

test("a frame that is not a message is reported, and the next one is heard", () => {
  FakeSocket.last.accept();
  FakeSocket.last.say("{not json");
  FakeSocket.last.say({ ...HELLO, session: 5 });
  FakeSocket.last.say({ type: "update", topic: "weather", seq: 1, time: 1, data: {} });
  expect(onUnreadable).toHaveBeenCalledTimes(3);
  FakeSocket.last.say(HELLO);
  expect(onMessage).toHaveBeenCalledExactlyOnceWith({ kind: "hello", ...HELLO });
});

test("retry delays are jittered down, never up", () => {
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const longest = retryDelayMs(attempt, () => 0);
    const shortest = retryDelayMs(attempt, () => 1);
    expect(shortest).toBeLessThan(longest);
    expect(longest).toBeLessThanOrEqual(2000);
  }
});

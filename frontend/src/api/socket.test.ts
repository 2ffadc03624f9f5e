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

const phases = () => states.map(({ phase }) => phase);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.made = [];
  states.length = 0;
  onMessage.mockReset();
  for (const mock of [onUnreadable, onRoundTrip, onSignedOut, onRefused]) mock.mockReset();
  socket = new LiveSocket("ws://server/ws", {
    onMessage,
    onUnreadable,
    onRoundTrip,
    onSignedOut,
    onRefused,
    onState: (state) => states.push(state),
  });
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

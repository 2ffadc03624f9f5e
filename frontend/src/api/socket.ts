import { retryDelayMs } from "./backoff";
import { DecodeError, decode } from "./decode";
import type { Command, ServerMessage } from "./types";

export type LinkState =
  | { phase: "connecting" }
  | { phase: "open" }
  | { phase: "stale"; lastMessageAt: number }
  | { phase: "offline"; retryAt: number };

type Listeners = {
  onMessage: (message: ServerMessage) => void;
  onState: (state: LinkState) => void;
  onUnreadable: (error: DecodeError) => void;
  /** How long the server's answer to a ping took, in milliseconds. */
  onRoundTrip: (ms: number) => void;
  /** The server has ended the connection, since the sign-in it was made with has: it is not made again. */
  onSignedOut: (reason: string) => void;
  /** An attempt to connect has failed; the browser does not say why. */
  onRefused: () => void;
};

// A frozen server is to be seen within 3 s, and its last message may be half a second older than that.
const STALE_AFTER_MS = 2600;
// A half-open connection never closes by itself: after this silence we hang up and call again.
const HANG_UP_AFTER_MS = 9000;
const HANDSHAKE_MS = 4000;
const CHECK_EVERY_MS = 200;
const PING_EVERY_MS = 2000;
const ASK_AGAIN_MS = 10_000;
const TOO_MANY = "too_many_requests";
const SIGNED_OUT = 4401;

/**
 * One WebSocket to the server that is always being kept open: it reconnects by itself, with jittered backoff,
 * and asks again for the topics that are wanted. Times in `LinkState` are `Date.now()` milliseconds.
 */
export class LiveSocket {
  private socket: WebSocket | null = null;
  private asking: Promise<string> | null = null;
  private attempt = 0;
  private lastMessageAt = 0;
  private alive = false;
  private pingedAt = 0;
  private ponged = true;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private check: ReturnType<typeof setInterval> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  /** Topics that the server would not give for now. */
  private readonly putOff = new Set<string>();
  private readonly wanted = new Set<string>();

  constructor(
    private readonly url: string,
    private readonly listeners: Listeners,
    /** What opens a WebSocket, asked for before each; null where none is needed. */
    private readonly ticket: () => Promise<string> | null = () => null,
  ) {}

  /** When the last message came, `Date.now()` milliseconds. */
  get heardAt(): number {
    return this.lastMessageAt;
  }

  open(): void {
    clearTimeout(this.retry);
    if (this.socket || this.asking) return;
    this.listeners.onState({ phase: "connecting" });
    this.patience = setTimeout(() => this.giveUp(), HANDSHAKE_MS);
    const asking = this.ticket();
    if (asking === null) {
      this.dial(this.url);
      return;
    }
    this.asking = asking;
    // An attempt that was given up meanwhile is nobody's.
    const current = (act: () => void) => (this.asking === asking ? act() : undefined);
    asking.then(
      (ticket) => current(() => this.dial(`${this.url}?ticket=${ticket}`)),
      () => current(() => this.lost()),
    );
  }

  private dial(url: string): void {
    this.asking = null;
    const socket = new WebSocket(url);
    this.socket = socket;
    // Events of a socket that was given up still arrive.
    const current = (act: () => void) => () => (this.socket === socket ? act() : undefined);
    socket.addEventListener(
      "open",
      current(() => this.opened()),
    );
    socket.addEventListener("message", (event) => current(() => this.received(event.data))());
    socket.addEventListener("close", (event) => current(() => this.closed(event))());
  }

  /** Tries at once instead of waiting for the next retry. */
  retryNow(): void {
    this.attempt = 0;
    this.open();
  }

  close(): void {
    this.stopTimers();
    const socket = this.socket;
    this.socket = this.asking = null;
    this.alive = false;
    socket?.close();
  }

  subscribe(topics: string[]): void {
    for (const topic of topics) this.wanted.add(topic);
    this.send({ op: "subscribe", topics });
  }

  unsubscribe(topics: string[]): void {
    for (const topic of topics) this.wanted.delete(topic);
    this.send({ op: "unsubscribe", topics });
  }

  /** Asks for a fresh snapshot of a topic whose updates no longer fit together. */
  resubscribe(topic: string): void {
    if (!this.wanted.has(topic)) return;
    this.send({ op: "unsubscribe", topics: [topic] });
    this.send({ op: "subscribe", topics: [topic] });
  }

  private send(command: Command): void {
    if (command.op !== "ping" && !command.topics?.length) return;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }

  private opened(): void {
    clearTimeout(this.patience);
    this.heard();
    this.check = setInterval(() => this.watch(), CHECK_EVERY_MS);
    this.ponged = true;
    this.send({ op: "subscribe", topics: [...this.wanted] });
  }

  private heard(): void {
    this.lastMessageAt = Date.now();
    if (this.alive) return;
    this.alive = true;
    this.listeners.onState({ phase: "open" });
  }

  private received(frame: unknown): void {
    let message: ServerMessage;
    try {
      message = decode(String(frame));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // Noise is no sign of life: what is on the page grows old.
      this.listeners.onUnreadable(error);
      return;
    }
    this.heard();
    // Only after a message, not after a mere handshake: a proxy accepts sockets for a server that is down.
    this.attempt = 0;
    if (message.kind === "pong") this.answered();
    if (message.kind === "error" && message.code === TOO_MANY) this.askLater(message.topic);
    this.listeners.onMessage(message);
  }

  /** The allowance is used up: what was refused, a ping perhaps, is asked for again when there may be room. */
  private askLater(topic: string | null): void {
    if (topic !== null) this.putOff.add(topic);
    this.again ??= setTimeout(() => {
      this.again = undefined;
      this.ponged = true;
      const topics = [...this.putOff].filter((each) => this.wanted.has(each));
      this.putOff.clear();
      this.send({ op: "subscribe", topics });
    }, ASK_AGAIN_MS);
  }

  private ping(): void {
    this.pingedAt = Date.now();
    this.ponged = false;
    this.send({ op: "ping", topics: [] });
  }

  private answered(): void {
    this.ponged = true;
    this.listeners.onRoundTrip(Date.now() - this.pingedAt);
  }

  private watch(): void {
    const now = Date.now();
    if (this.ponged && now - this.pingedAt >= PING_EVERY_MS) this.ping();
    const silence = now - this.lastMessageAt;
    if (silence < STALE_AFTER_MS) return;
    if (this.alive) {
      this.alive = false;
      this.listeners.onState({ phase: "stale", lastMessageAt: this.lastMessageAt });
    }
    if (silence > HANG_UP_AFTER_MS) this.giveUp();
  }

  private closed(event: CloseEvent): void {
    const wasOpen = this.alive;
    if (event.code === SIGNED_OUT) {
      this.close();
      this.listeners.onSignedOut(event.reason);
      return;
    }
    this.lost();
    if (!wasOpen) this.listeners.onRefused();
  }

  private giveUp(): void {
    // A frozen server may not answer the closing handshake for long: do not wait for its `close`.
    const socket = this.socket;
    this.lost();
    socket?.close();
  }

  private stopTimers(): void {
    clearTimeout(this.retry);
    clearTimeout(this.patience);
    clearInterval(this.check);
    clearTimeout(this.again);
    this.again = undefined;
    this.putOff.clear();
  }

  private lost(): void {
    this.stopTimers();
    this.socket = this.asking = null;
    this.alive = false;
    const delay = retryDelayMs(this.attempt);
    this.attempt += 1;
    this.listeners.onState({ phase: "offline", retryAt: Date.now() + delay });
    this.retry = setTimeout(() => this.open(), delay);
  }
}

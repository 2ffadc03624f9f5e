import { create } from "zustand";
import { changesSince, newestEvents } from "@/api/alerts";
import { socketUrl } from "@/api/endpoints";
import { askAgainIn } from "@/api/http";
import { askTicket } from "@/api/session";
import { type LinkState, LiveSocket } from "@/api/socket";
import type { ServerMessage } from "@/api/types";
import { AlertStore } from "./alert-store";
import { LiveStore } from "./live-store";
import { mustSignIn, refreshSession, signedOut, useSession } from "./session";

type Link = {
  state: LinkState;
  /** Id of the server's run; another one than before means that it was restarted. */
  session: string | null;
  /** Whether this connection has brought a status yet; the one from before says nothing about now. */
  hasStatus: boolean;
  market: string | null;
  /** The server's sentence for each topic it would not give. */
  refused: Readonly<Record<string, string>>;
  /** Messages that did not have the server's form; they are dropped and counted. */
  unreadable: number;
  /** How long the server's answer to a ping took last, in milliseconds. */
  roundTripMs: number | null;
};

export const useLink = create<Link>(() => ({
  state: { phase: "connecting" },
  session: null,
  hasStatus: false,
  market: null,
  refused: {},
  unreadable: 0,
  roundTripMs: null,
}));

export const live: LiveStore = new LiveStore((topic) => socket.resubscribe(topic));
export const alerts = new AlertStore({ newest: newestEvents, since: changesSince });

let asksAgain = false;

/** Events that could not be fetched are asked for again, as every other question is. */
alerts.listen(() => {
  const { phase, problem } = alerts.get();
  const wait = phase === "failed" && askAgainIn(problem);
  if (wait === false || asksAgain) return;
  asksAgain = true;
  setTimeout(() => {
    asksAgain = false;
    if (alerts.get().phase === "failed") alerts.retry();
  }, wait);
});

function enter(market: string): void {
  alerts.enter(market);
  useLink.setState({ market });
}

function receive(message: ServerMessage): void {
  switch (message.kind) {
    case "hello":
      live.enterMarket(message.market);
      useLink.setState({ session: message.session, refused: {} });
      enter(message.market);
      return;
    case "error":
      if (message.topic !== null) {
        const { topic, detail } = message;
        useLink.setState((link) => ({ refused: { ...link.refused, [topic]: detail } }));
      }
      return;
    case "ack":
    case "pong":
      return;
    case "alerts":
      alerts.receive(message);
      return;
    default:
      live.receive(message);
      if (message.kind === "status" && !useLink.getState().hasStatus) useLink.setState({ hasStatus: true });
      if (live.market !== null && useLink.getState().market !== live.market) enter(live.market);
  }
}

export const socket: LiveSocket = new LiveSocket(
  socketUrl(),
  {
    onMessage: receive,
    onState: (state) =>
      useLink.setState(state.phase === "connecting" ? { state, hasStatus: false } : { state }),
    onUnreadable: () => useLink.setState((link) => ({ unreadable: link.unreadable + 1 })),
    onRoundTrip: (roundTripMs) => useLink.setState({ roundTripMs }),
    onSignedOut: signedOut,
    // Where the page is open the server may have been restarted, and ask for a sign-in now.
    onRefused: () => void refreshSession("Sign in to go on."),
  },
  askTicket,
);

// Nothing is to be had without a sign-in: a socket would only be refused again and again.
useSession.subscribe((session) => {
  if (mustSignIn(session)) socket.close();
});

/** Asks again for the topics that the server would not give, as after their symbols were started. */
export function retryRefused(): void {
  const topics = Object.keys(useLink.getState().refused);
  if (topics.length === 0) return;
  useLink.setState({ refused: {} });
  socket.subscribe(topics);
}

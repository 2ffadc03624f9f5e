import { create } from "zustand";
import { changesSince, newestEvents } from "@/api/alerts";
import { socketUrl } from "@/api/endpoints";
import { type LinkState, LiveSocket } from "@/api/socket";
import type { ServerMessage } from "@/api/types";
import { AlertStore } from "./alert-store";
import { LiveStore } from "./live-store";

type Link = {
  state: LinkState;
  /** Id of the server's run; another one than before means that it was restarted. */
  session: string | null;
  market: string | null;
  /** The server's sentence for each topic it would not give. */
  refused: Readonly<Record<string, string>>;
  /** Messages that did not have the server's form; they are dropped and counted. */
  unreadable: number;
};

export const useLink = create<Link>(() => ({
  state: { phase: "connecting" },
  session: null,
  market: null,
  refused: {},
  unreadable: 0,
}));

export const live: LiveStore = new LiveStore((topic) => socket.resubscribe(topic));
export const alerts = new AlertStore({ newest: newestEvents, since: changesSince });

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
      if (live.market !== null && useLink.getState().market !== live.market) enter(live.market);
  }
}

export const socket: LiveSocket = new LiveSocket(socketUrl(), {
  onMessage: receive,
  onState: (state) => useLink.setState({ state }),
  onUnreadable: () => useLink.setState((link) => ({ unreadable: link.unreadable + 1 })),
});

/** Asks again for the topics that the server would not give, as after their symbols were started. */
export function retryRefused(): void {
  const topics = Object.keys(useLink.getState().refused);
  if (topics.length === 0) return;
  useLink.setState({ refused: {} });
  socket.subscribe(topics);
}

import { socket, useLink } from "./link";

export type Offline = {
  /** When the next try is; null while one is under way. */
  retryAt: number | null;
  /** When the server was heard last. */
  unheardSince: number;
};

/** That the server is away, until it is there again: a try that is under way is no end of it. Null otherwise. */
export function useOffline(): Offline | null {
  const state = useLink((link) => link.state);
  const wasThere = useLink((link) => link.session !== null);
  if (state.phase === "offline") return { retryAt: state.retryAt, unheardSince: socket.heardAt };
  return state.phase === "connecting" && wasThere ? { retryAt: null, unheardSince: socket.heardAt } : null;
}

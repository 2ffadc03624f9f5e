import { useLink } from "./link";

export type Offline = {
  /** When the next try is; null while one is under way. */
  retryAt: number | null;
};

/** That the server is away, until it is there again: a try that is under way is no end of it. Null otherwise. */
export function useOffline(): Offline | null {
  const state = useLink((link) => link.state);
  const wasThere = useLink((link) => link.session !== null);
  if (state.phase === "offline") return { retryAt: state.retryAt };
  return state.phase === "connecting" && wasThere ? { retryAt: null } : null;
}

import type { LinkState } from "@/api/socket";
import type { StreamStatus } from "@/api/types";
import type { PageState } from "@/lib/page-states";
import { socket, useLink } from "./link";

/**
 * The one word about the stream that the status bar says; `symbols` are those on the page, `fresh` says whether the
 * status came by this connection: one from before says nothing about now.
 */
export function pageState(
  link: LinkState,
  status: StreamStatus | null,
  symbols: readonly string[],
  fresh: boolean,
): PageState {
  if (link.phase === "offline") return "offline";
  // After the first connection was lost, each new attempt is still "offline" for the user until it succeeds.
  if (link.phase === "connecting") return status ? "offline" : "connecting";
  if (link.phase === "stale") return "stale";
  if (!status || !fresh) return "connecting";
  if (status.source_state === "unreachable" || status.source_state === "failed") return status.source_state;
  if (status.finished) return "finished";
  if (!status.running) return "stopped";
  return symbolsState(status, symbols);
}

function symbolsState(status: StreamStatus, symbols: readonly string[]): PageState {
  // What the status does not list was never started.
  const states = symbols.map(
    (name) => status.symbols.find(({ symbol }) => symbol === name)?.state ?? "stopped",
  );
  if (states.length === 0 || states.includes("stopped")) return "stopped";
  if (states.includes("stale") || states.includes("halted")) return "stale";
  if (status.source_state === "starting" || states.includes("connecting")) return "connecting";
  return "live";
}

/** The state of a page that needs all of these symbols. */
export function usePageState(status: StreamStatus | null, symbols: readonly string[]): PageState {
  const link = useLink((value) => value.state);
  const fresh = useLink((value) => value.hasStatus);
  return pageState(link, status, symbols, fresh);
}

/** When the server was heard last, while it is not heard; null otherwise. `Date.now()` milliseconds. */
export function useUnheardSince(): number | null {
  const phase = useLink((link) => link.state.phase);
  const wasThere = useLink((link) => link.session !== null);
  return phase === "open" || !wasThere ? null : socket.heardAt;
}

import type { LinkState } from "@/api/socket";
import type { StreamStatus } from "@/api/types";

export type PageState =
  | "connecting"
  | "live"
  | "stale"
  | "offline"
  | "stopped"
  | "paused"
  | "seeking"
  | "finished"
  | "unreachable"
  | "failed";

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

export const STATE_WORDS: Record<PageState, string> = {
  connecting: "Connecting",
  live: "Live",
  stale: "Stale",
  offline: "Offline",
  stopped: "Stopped",
  paused: "Paused",
  seeking: "Seeking",
  finished: "Finished",
  unreachable: "No source",
  failed: "Source failed",
};

/** The one word about what a page shows. */
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

export const STATE_TONES: Record<PageState, string> = {
  live: "text-ok",
  finished: "text-fg",
  stopped: "text-fg",
  paused: "text-fg",
  seeking: "text-fg",
  connecting: "text-warn",
  stale: "text-warn",
  offline: "text-crit",
  unreachable: "text-crit",
  failed: "text-crit",
};

export const STATE_SHAPES: Record<PageState, string> = {
  live: "●",
  finished: "■",
  stopped: "■",
  paused: "‖",
  seeking: "◌",
  connecting: "◌",
  stale: "▲",
  offline: "✕",
  unreachable: "✕",
  failed: "✕",
};

const STILL: readonly PageState[] = ["offline", "stale", "unreachable", "failed"];

/** Whether something hinders new data, so that what is shown may no longer be so. */
export function isStill(state: PageState): boolean {
  return STILL.includes(state);
}

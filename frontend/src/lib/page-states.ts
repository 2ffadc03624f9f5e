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

type Look = { words: string; tone: string; shape: string };

const look = (words: string, tone: string, shape: string): Look => ({ words, tone, shape });

/** How each of them is said: in words, in a colour, and in a shape for those who do not see it. */
export const STATE_LOOKS: Record<PageState, Look> = {
  connecting: look("Connecting", "text-warn", "◌"),
  live: look("Live", "text-ok", "●"),
  stale: look("Stale", "text-warn", "▲"),
  offline: look("Offline", "text-crit", "✕"),
  stopped: look("Stopped", "text-fg", "■"),
  paused: look("Paused", "text-fg", "‖"),
  seeking: look("Seeking", "text-fg", "◌"),
  finished: look("Finished", "text-fg", "■"),
  unreachable: look("No source", "text-crit", "✕"),
  failed: look("Source failed", "text-crit", "✕"),
};

const STILL: readonly PageState[] = ["offline", "stale", "unreachable", "failed"];

/** Whether something hinders new data, so that what is shown may no longer be so. */
export function isStill(state: PageState): boolean {
  return STILL.includes(state);
}

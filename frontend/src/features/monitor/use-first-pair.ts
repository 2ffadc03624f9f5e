import { useEffect, useRef } from "react";
import type { ClientConfig, SimulationTruth, StreamStatus } from "@/api/types";
import { intervalMs } from "@/lib/intervals";
import { firstPair } from "./first-pair";
import type { ChangeView } from "./use-view";
import type { View } from "./view-state";

type Needs = {
  view: View;
  change: ChangeView;
  status: StreamStatus | null;
  truth: SimulationTruth | null | undefined;
  config: ClientConfig;
  /** Null for whoever may not. */
  start: ((symbols: string[]) => void) | null;
};

/** Whether bars and legs are the same, in whatever order. */
function isOfSame(one: View, other: View): boolean {
  const legs = [one.a, one.b];
  return legs.includes(other.a) && legs.includes(other.b) && one.interval === other.interval;
}

/**
 * Chooses the pair when the address names none, and on a fresh server starts its legs. What it returns changes the
 * view: the window that was chosen for that pair and interval does not go over to others.
 */
export function useFirstPair({ view, change, status, truth, config, start }: Needs): ChangeView {
  const chosen = useRef<View | null>(null);
  const unchosen = view.a === null || view.b === null;
  useEffect(() => {
    const simulated = status?.market.startsWith("sim-") ?? false;
    if (!unchosen || !status || (simulated && truth === undefined)) return;
    const bars = { stepMs: intervalMs(view.interval), window: view.window };
    const pair = firstPair(truth ?? null, status, config.available_symbols, bars);
    if (!pair) return;
    const { a, b } = pair;
    const scale = pair.scale ?? view.scale;
    // A window other than the server's is the user's own.
    const window = (view.window === config.window && pair.window) || view.window;
    chosen.current = window === view.window ? null : { ...view, a, b, window };
    change({ a, b, scale, window }, "replace");
    // Symbols that were stopped are listed: then the user wants them stopped.
    const untouched = status.symbols.every(({ state }) => state !== "stopped");
    const streams = (name: string) =>
      status.symbols.some(({ symbol, state }) => symbol === name && state !== "stopped");
    const missing = [a, b].filter((symbol) => !streams(symbol));
    if (simulated && untouched && missing.length > 0) start?.(missing);
  }, [unchosen, view, status, truth, config, change, start]);

  return (part, mode) => {
    const held = chosen.current;
    const leaves =
      held !== null &&
      view.window === held.window &&
      isOfSame(view, held) &&
      part.window === undefined &&
      !isOfSame({ ...view, ...part }, held);
    change(leaves ? { ...part, window: config.window } : part, mode);
  };
}

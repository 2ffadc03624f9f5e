import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { askAgainIn, warmingUp } from "@/api/http";
import { scanQuery } from "@/api/queries";
import type { PairScan } from "@/api/types";
import { retryRefused, useLink } from "@/stores/link";
import { useHeld, useWatch } from "@/stores/topics";
import { matrixTopic, type ScanView } from "./scan-state";

export type Scan = {
  /** Null until the first answer, and while there is none. */
  data: PairScan | null;
  /** Whether new bars bring new numbers by themselves. */
  topic: string | null;
  error: Error | null;
  warming: { have: number; need: number } | null;
  busy: boolean;
  refresh: () => void;
};

// While bars lack, they are counted anew so often.
const WARMING_MS = 3000;

/** A scan as the view wants it: pushed at every close where the server has a topic of it, else asked for. */
export function useScan(view: ScanView, market: string): Scan {
  const topic = matrixTopic(view);
  useWatch(topic);
  const held = useHeld("matrix", topic)?.data ?? null;
  const refused = useLink((link) => (topic === null ? undefined : link.refused[topic]));
  const asked = useQuery({
    ...scanQuery(market, view),
    enabled: topic === null,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (warmingUp(state.error) ? WARMING_MS : askAgainIn(state.error)),
    retry: false,
  });
  if (topic !== null) {
    const short = held?.status === "too_short" ? { have: held.have, need: held.need } : null;
    return {
      data: held && !short ? held : null,
      topic,
      error: refused && !held ? new Error(refused) : null,
      warming: short,
      busy: false,
      refresh: retryRefused,
    };
  }
  const warming = warmingUp(asked.error);
  return {
    // What was there stays while the server cannot be asked; where bars lack, or it is refused, there is none.
    data: asked.error && askAgainIn(asked.error) === false ? null : (asked.data ?? null),
    topic,
    error: warming ? null : asked.error,
    warming,
    busy: asked.isFetching,
    refresh: () => void asked.refetch(),
  };
}

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { askAgainIn, warmingUp } from "@/api/http";
import { labQuery, truthQuery } from "@/api/queries";
import { type PairTruth, truthFor } from "@/api/truth";
import type { PairLab } from "@/api/types";
import { intervalMs } from "@/lib/intervals";
import type { ChosenPair } from "./lab-state";

export type Lab = {
  /** Null until the first answer, and while there is none. */
  data: PairLab | null;
  /** The line by every method, which is the same whichever of them is chosen: it stays when another one is. */
  fits: PairLab["fits"] | null;
  /** What is known about the pair: on the simulated market alone; undefined before it is told. */
  truth: PairTruth | null | undefined;
  error: Error | null;
  warming: { have: number; need: number } | null;
  busy: boolean;
  refresh: () => void;
};

/** Whether an answer is of this view: one of another would stand under the wrong words. */
function isOf(lab: PairLab, { a, b, interval, window, method, scale }: ChosenPair): boolean {
  return (
    lab.symbol_a === a &&
    lab.symbol_b === b &&
    lab.interval === interval &&
    lab.window === window &&
    lab.method === method &&
    lab.scale === scale
  );
}

const WARMING_MS = 3000;
// The tests are heavy, and nobody reads them faster.
const LEAST_MS = 15_000;

/** The examination of a pair, made anew as bars close, and sooner while bars are still lacking. */
export function useLab(market: string, view: ChosenPair, isLive: boolean): Lab {
  const every = Math.max(LEAST_MS, intervalMs(view.interval) ?? 0);
  const asked = useQuery({
    ...labQuery(market, view),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      if (warmingUp(state.error)) return WARMING_MS;
      if (state.error) return askAgainIn(state.error);
      return isLive && every;
    },
    retry: false,
  });
  const { data: known, isLoading } = useQuery(truthQuery(market));
  const truth = useMemo(
    () => (isLoading ? undefined : truthFor(known ?? null, view.a, view.b)),
    [known, isLoading, view.a, view.b],
  );
  const warming = warmingUp(asked.error);
  // What was there stays while the server cannot be asked; where bars lack, or it is refused, there is none.
  const answer = asked.error && askAgainIn(asked.error) === false ? null : (asked.data ?? null);
  return {
    data: answer && isOf(answer, view) ? answer : null,
    fits: answer && isOf(answer, { ...view, method: answer.method }) ? answer.fits : null,
    truth,
    error: warming ? null : asked.error,
    warming,
    busy: asked.isFetching,
    refresh: () => void asked.refetch(),
  };
}

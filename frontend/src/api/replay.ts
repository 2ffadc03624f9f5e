import { queryOptions, useIsMutating, useMutation, useQueryClient } from "@tanstack/react-query";
import { askAgainIn, getJson, postJson } from "./http";
import type { Replay, ReplayChange } from "./types";

const MOVING = ["replay"];
const PLAYING_MS = 500;
const STANDING_MS = 2000;

/** How the recording of a market is being played; asked for again and again, since others may move it as well. */
export const replayQuery = (market: string) =>
  queryOptions({
    queryKey: ["replay", market],
    enabled: market.startsWith("replay-"),
    queryFn: ({ signal }) => getJson<Replay>("/replay", signal),
    refetchInterval: ({ state: { data, error } }) => {
      if (error) return askAgainIn(error);
      const stands = !data || (data.seeking_to === null && (data.paused || data.finished));
      return stands ? STANDING_MS : PLAYING_MS;
    },
  });

/** Changes how it is played. What was asked of another moment is asked anew once it is there. */
export function useReplayControl(market: string) {
  const client = useQueryClient();
  const { queryKey } = replayQuery(market);
  return useMutation({
    mutationKey: MOVING,
    mutationFn: async (change: ReplayChange) => {
      await client.cancelQueries({ queryKey });
      return postJson<Replay>("/replay", change);
    },
    onSuccess: async (stands, { position }) => {
      client.setQueryData(queryKey, stands);
      if (position !== undefined) await client.invalidateQueries();
    },
  });
}

/** Whether this page is having the recording put at another moment. */
export const useIsMoving = (): boolean =>
  useIsMutating({
    mutationKey: MOVING,
    predicate: ({ state }) => (state.variables as ReplayChange | undefined)?.position !== undefined,
  }) > 0;

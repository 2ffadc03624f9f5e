import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, getJson, postJson } from "./http";
import type {
  ClientConfig,
  GapList,
  ImportedSpanList,
  JobList,
  SimulationTruth,
  StoredSpanList,
  StreamStatus,
  SymbolList,
} from "./types";

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => getJson<ClientConfig>("/config", signal),
});

/** Symbols of one market: the key names the market, so that a swap never shows the other one's list. */
export const symbolsQuery = (market: string) =>
  queryOptions({
    queryKey: ["symbols", market],
    queryFn: ({ signal }) => getJson<SymbolList>("/symbols", signal),
  });

/** The simulated market's known parameters; null on a market that has none. */
export const truthQuery = (market: string) =>
  queryOptions({
    queryKey: ["truth", market],
    enabled: market.startsWith("sim-"),
    queryFn: ({ signal }) =>
      getJson<SimulationTruth>("/simulation/truth", signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }),
  });

/** The holes of a symbol; `counts` is how many there are of each state, so that a new one is asked for. */
export const gapsQuery = (market: string, symbol: string, counts: string) =>
  queryOptions({
    queryKey: ["gaps", market, symbol, counts],
    queryFn: ({ signal }) => getJson<GapList>(`/data/${encodeURIComponent(symbol)}/gaps`, signal),
  });

const STORED_EVERY_MS = 10_000;

/** Between which times trades and bars of a symbol are held: what streams adds to it. */
export const storedQuery = (market: string, symbol: string) =>
  queryOptions({
    queryKey: ["stored", market, symbol],
    queryFn: ({ signal }) => getJson<StoredSpanList>(`/data/${encodeURIComponent(symbol)}/stored`, signal),
    refetchInterval: STORED_EVERY_MS,
  });

export const importedQuery = queryOptions({
  queryKey: ["imported"],
  queryFn: ({ signal }) => getJson<ImportedSpanList>("/import/files", signal),
});

const JOBS_EVERY_MS = 500;

/** Imports since the server's start, newest first; asked for again as long as one goes on. */
export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => getJson<JobList>("/import", signal),
  refetchInterval: ({ state }) =>
    state.data?.items.some(({ state: job }) => job === "waiting" || job === "running")
      ? JOBS_EVERY_MS
      : false,
});

type StreamCommand = { symbols?: string[]; source?: string };

function useStreamCommand(path: "/stream/start" | "/stream/stop") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (command: StreamCommand) => postJson<StreamStatus>(path, command),
    // Another source is another market, with other symbols.
    onSuccess: (_status, command) => {
      if (command.source !== undefined) return client.invalidateQueries();
      return client.invalidateQueries({ queryKey: ["symbols"] });
    },
  });
}

export const useStart = () => useStreamCommand("/stream/start");
export const useStop = () => useStreamCommand("/stream/stop");

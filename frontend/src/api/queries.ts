import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, askAgainIn, getJson, postJson } from "./http";
import type {
  BarList,
  ClientConfig,
  GapList,
  HedgeMethod,
  ImportedSpanList,
  JobList,
  PairLab,
  PairScan,
  Scale,
  SimulationTruth,
  StoredSpanList,
  StreamStatus,
  SymbolList,
  SystemStatus,
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

const SYSTEM_EVERY_MS = 5000;

/** What the server takes and how late trades come; not asked for while nobody sees the page. */
export const systemQuery = (market: string) =>
  queryOptions({
    queryKey: ["system", market],
    queryFn: ({ signal }) => getJson<SystemStatus>("/system/status", signal),
    refetchInterval: ({ state }) => (state.error ? askAgainIn(state.error) : SYSTEM_EVERY_MS),
  });

const STORED_EVERY_MS = 10_000;

/** Between which times trades and bars of a symbol are held: what streams adds to it. */
export const storedQuery = (market: string, symbol: string) =>
  queryOptions({
    queryKey: ["stored", market, symbol],
    queryFn: ({ signal }) => getJson<StoredSpanList>(`/data/${encodeURIComponent(symbol)}/stored`, signal),
    refetchInterval: ({ state }) => askAgainIn(state.error) || STORED_EVERY_MS,
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
  refetchInterval: ({ state }) => {
    const running = state.data?.items.some(({ state: job }) => job === "waiting" || job === "running");
    return askAgainIn(state.error) || (running ? JOBS_EVERY_MS : false);
  },
});

export type ScanAsked = {
  interval: string;
  window: number;
  scale: Scale;
  symbols: readonly string[];
  calibrated: boolean;
};

/** All pairs of the named symbols, or of all that stream: computed now. */
export const scanQuery = (market: string, { interval, window, scale, symbols, calibrated }: ScanAsked) =>
  queryOptions({
    queryKey: ["scan", market, interval, window, scale, symbols.join(), calibrated],
    queryFn: ({ signal }) => {
      const query = new URLSearchParams({ interval, window: String(window), scale });
      if (symbols.length > 0) query.set("symbols", symbols.join());
      if (calibrated) query.set("calibrate", "true");
      return getJson<PairScan>(`/analytics/scan?${query}`, signal);
    },
  });

export type LabAsked = {
  a: string;
  b: string;
  interval: string;
  window: number;
  method: HedgeMethod;
  scale: Scale;
};

/** One pair under every method and test, computed now. */
export const labQuery = (market: string, { a, b, interval, window, method, scale }: LabAsked) =>
  queryOptions({
    queryKey: ["lab", market, a, b, interval, window, method, scale],
    queryFn: ({ signal }) => {
      const query = { symbol_a: a, symbol_b: b, interval, window: String(window), method, scale };
      return getJson<PairLab>(`/analytics/lab?${new URLSearchParams(query)}`, signal);
    },
  });

/** The newest bars of a symbol, asked for anew for each `upTo`, the last bar that closed. */
export const recentBarsQuery = (
  market: string,
  { symbol, interval, limit, upTo }: { symbol: string; interval: string; limit: number; upTo: number },
) =>
  queryOptions({
    queryKey: ["recent-bars", market, symbol, interval, limit, upTo],
    queryFn: ({ signal }) =>
      getJson<BarList>(
        `/data/${encodeURIComponent(symbol)}?${new URLSearchParams({ interval, limit: String(limit) })}`,
        signal,
      ),
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

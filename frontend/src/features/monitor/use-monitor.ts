import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { configQuery, symbolsQuery, truthQuery, useStart, useStop } from "@/api/queries";
import type { ClientConfig, StreamStatus } from "@/api/types";
import { useRefusal } from "@/components/ui/permit";
import { retryRefused, useLink } from "@/stores/link";
import { useHeld, useWatch } from "@/stores/topics";
import { useFirstPair } from "./use-first-pair";
import { useView } from "./use-view";
import type { View } from "./view-state";

type Sent<Order> = { error: Error | null; variables: Order | undefined; reset: () => void };

const NO_SYMBOLS: string[] = [];

function streamingOf(status: StreamStatus | null): string[] {
  if (!status) return NO_SYMBOLS;
  return status.symbols.filter(({ state }) => state !== "stopped").map(({ symbol }) => symbol);
}

/** Asks the server again for its configuration when it was restarted or has another market. */
function useFreshConfig(): void {
  const client = useQueryClient();
  const session = useLink((link) => link.session);
  const market = useLink((link) => link.market);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: their change is what it waits for
  useEffect(() => {
    if (session === null) return;
    if (!first.current) void client.invalidateQueries();
    first.current = false;
  }, [session, market, client]);
}

/** The pair to go to when the shown one will not stream: who starts two other symbols wants to see those. */
function pairAfter(view: View, streaming: string[], wanted: { start: string[]; stop: string[] }) {
  const chosen = [...wanted.start, ...streaming.filter((symbol) => !wanted.stop.includes(symbol))];
  const [a, b] = chosen;
  const shown = [view.a, view.b].every((leg) => leg !== null && chosen.includes(leg));
  return !shown && a && b ? { a, b } : null;
}

/** A command that the server refused or did not get: what was wrong, and the way to send it again or leave it at that. */
function failedCommand<Order>(send: (order: Order) => void, { error, variables, reset }: Sent<Order>) {
  if (!error || variables === undefined) return null;
  return { error, retry: () => send(variables), dismiss: reset };
}

/** Everything the Monitor page knows about the server, and what it can ask of it. */
export function useMonitor(config: ClientConfig) {
  useWatch("status");
  useFreshConfig();
  const held = useHeld("status", "status");
  const status = held?.data ?? null;
  const market = status?.market ?? config.market;
  const symbols = useQuery(symbolsQuery(market));
  const truth = useQuery(truthQuery(market));
  const [view, changeAddress] = useView(config);
  const { mutate: start, ...starting } = useStart();
  const { mutate: stop, ...stopping } = useStop();
  const startSymbols = useMemo(() => (names: string[]) => start({ symbols: names }), [start]);
  const mayStart = useRefusal("operator") === null;
  const truthData = truth.isError ? null : truth.data;
  const change = useFirstPair({
    ...{ view, change: changeAddress, status, truth: truthData, config },
    start: mayStart ? startSymbols : null,
  });

  const streamingKey = streamingOf(status).join();
  const streaming = useMemo(() => (streamingKey ? streamingKey.split(",") : NO_SYMBOLS), [streamingKey]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: started symbols may no longer be refused
  useEffect(retryRefused, [streamingKey]);

  return {
    view,
    change,
    status,
    streaming,
    symbols,
    truth: truthData ?? null,
    /** The market or its symbols are being opened: what is not there yet is on its way. */
    opening: starting.isPending || status?.source_state === "starting" || truth.isLoading,
    busy: starting.isPending || stopping.isPending,
    failed: failedCommand(start, starting) ?? failedCommand(stop, stopping),
    apply: (wanted: { start: string[]; stop: string[] }) => {
      const pair = pairAfter(view, streaming, wanted);
      if (pair) change(pair);
      if (wanted.start.length > 0) start({ symbols: wanted.start });
      if (wanted.stop.length > 0) stop({ symbols: wanted.stop });
    },
    stopAll: () => stop({}),
    switchSource: (source: string) => start({ source }),
  };
}

export { configQuery };

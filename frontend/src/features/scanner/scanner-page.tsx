import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { configQuery } from "@/api/queries";
import type { ClientConfig } from "@/api/types";
import { Failure } from "@/components/failure";
import { OfflineNotice } from "@/components/offline-notice";
import { StateMark } from "@/components/state-mark";
import { Button } from "@/components/ui/button";
import { zonedTime } from "@/lib/format";
import { isStill, type PageState } from "@/lib/page-states";
import { socket } from "@/stores/link";
import { navigate, useSearch } from "@/stores/location";
import { useMarketState } from "@/stores/market-state";
import { useOffline } from "@/stores/offline";

import { usePreferences } from "@/stores/preferences";
import { useHeld, useWatch } from "@/stores/topics";
import { ScanBody } from "./scan-body";
import { ScanFilters } from "./scan-filters";
import { parseScan, type ScanView, scanAddress } from "./scan-state";
import { type Scan, useScan } from "./use-scan";

function Freshness({ scan, state }: { scan: Scan; state: PageState }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const { data, topic, busy, refresh } = scan;
  return (
    <p className="flex min-h-3.5 items-center gap-2 text-label text-fg-2 max-lg:basis-full">
      {data?.last_time !== null && data !== null && (
        <span>up to the bar of {zonedTime(data.last_time, "stamp", zone)}</span>
      )}
      {topic === null ? (
        <Button size="small" disabled={busy} onClick={refresh}>
          {busy ? "Scanning…" : "Scan again"}
        </Button>
      ) : null}
      {data !== null && (
        <span
          className="min-w-20"
          title={state === "live" ? "New bars bring new numbers by themselves" : undefined}
        >
          <StateMark state={state} />
        </span>
      )}
    </p>
  );
}

function Scanner({ config, tools }: { config: ClientConfig; tools: ReactNode }) {
  useWatch("status");
  const status = useHeld("status", "status")?.data ?? null;
  const offline = useOffline();
  const search = useSearch();
  const view = useMemo(() => parseScan(search, config), [search, config]);
  const scan = useScan(view, status?.market ?? config.market);
  const streaming = (status?.symbols ?? [])
    .filter(({ state }) => state !== "stopped")
    .map(({ symbol }) => symbol);
  const state = useMarketState(status, view.symbols.length > 0 ? view.symbols : streaming);
  const change = (part: Partial<ScanView>) =>
    // From the address as it is now: two changes in one turn must not undo each other.
    navigate(scanAddress({ ...parseScan(window.location.search, config), ...part }), "replace");
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5">
        <h1 className="text-stat font-semibold max-lg:sr-only">Scanner</h1>
        <Freshness scan={scan} state={state} />
        {tools}
        <ScanFilters view={view} config={config} streaming={streaming} onChange={change} />
      </header>
      <main className="flex min-h-0 flex-1 flex-col gap-1 p-1">
        {offline && <OfflineNotice {...offline} onRetry={() => socket.retryNow()} />}
        <ScanBody {...{ view, scan, streaming, change }} known={status !== null} dimmed={isStill(state)} />
      </main>
    </div>
  );
}

/** All pairs of the market, tested together. */
export function ScannerPage({ tools }: { tools: ReactNode }) {
  const config = useQuery(configQuery);
  if (config.data) return <Scanner config={config.data} tools={tools} />;
  return (
    <main className="p-4">
      <h1 className="text-stat font-semibold max-lg:sr-only">Scanner</h1>
      {config.error ? (
        <Failure error={config.error} onRetry={() => void config.refetch()} />
      ) : (
        <p className="pt-2 text-fg-2">Asking the server what it has…</p>
      )}
    </main>
  );
}

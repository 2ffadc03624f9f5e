import type { ReactNode } from "react";
import type { StreamStatus } from "@/api/types";
import { Failure } from "@/components/failure";
import { JournalNotice } from "@/components/journal-notice";
import { OfflineNotice } from "@/components/offline-notice";
import { StateMark } from "@/components/state-mark";
import { Notice } from "@/components/ui/notice";
import { zonedTime } from "@/lib/format";
import type { PageState } from "@/lib/page-states";
import { sourceName } from "@/lib/words";
import { socket } from "@/stores/link";
import { navigate, useSearch } from "@/stores/location";
import { useMarketState } from "@/stores/market-state";
import { useOffline } from "@/stores/offline";
import { useUnheardSince } from "@/stores/page-state";
import { usePreferences } from "@/stores/preferences";
import { useHeld, useWatch } from "@/stores/topics";
import { ConnectionsPanel } from "./connections-panel";
import { GapsPanel } from "./gaps-panel";
import { JournalPanel } from "./journal-panel";
import { LatencyPanel } from "./latency-panel";
import { LedgerPanel } from "./ledger-panel";
import { MemoryPanel } from "./memory-panel";
import { useSystem } from "./use-system";
import { VersionsPanel } from "./versions-panel";

const PATH = "/system";

function choose(symbol: string): void {
  navigate(`${PATH}?${new URLSearchParams({ symbol })}`, "replace");
}

function Source({ status, state }: { status: StreamStatus; state: PageState }) {
  const zone = usePreferences((preferences) => preferences.zone);
  return (
    <p className="text-label text-fg-2">
      {sourceName(status.source)} <span className="text-fg-3">{status.market}</span>{" "}
      {zonedTime(status.as_of, "stamp", zone)}
      <span className="pl-2">
        <StateMark state={state} />
      </span>
    </p>
  );
}

function System({ status }: { status: StreamStatus }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const asked = new URLSearchParams(useSearch()).get("symbol");
  const load = useSystem(status.market);
  const line = status.symbols.find(({ symbol }) => symbol === asked) ?? status.symbols[0] ?? null;
  return (
    <>
      <JournalNotice journal={status.journal} />
      {status.reason && <Notice tone="warn">{status.reason}</Notice>}
      {load.error && <Failure error={load.error} onRetry={load.retry} />}
      <div className="flex min-h-0 flex-1 flex-col gap-1 lg:flex-row">
        <div className="flex min-h-0 min-w-0 flex-col gap-1 lg:flex-1">
          <LedgerPanel symbols={status.symbols} chosen={line?.symbol ?? null} onChoose={choose} />
          <div className="flex min-h-0 flex-col gap-1 lg:h-60 lg:shrink-0 lg:flex-row">
            <GapsPanel market={status.market} line={line} zone={zone} />
            <LatencyPanel load={load} />
          </div>
        </div>
        <div className="flex min-h-0 flex-col gap-1 lg:w-72 lg:shrink-0">
          <JournalPanel journal={status.journal} />
          <MemoryPanel load={load} />
          <ConnectionsPanel connections={status.connections} zone={zone} />
          <VersionsPanel load={load} />
        </div>
      </div>
    </>
  );
}

/** What the data are made of, how late they come, and what the server takes for it. */
export function SystemPage({ tools }: { tools: ReactNode }) {
  useWatch("status");
  const status = useHeld("status", "status")?.data ?? null;
  const offline = useOffline();
  const isUnheard = useUnheardSince() !== null;
  const streaming = (status?.symbols ?? []).filter((line) => line.state !== "stopped");
  const state = useMarketState(
    status,
    streaming.map(({ symbol }) => symbol),
  );
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5 max-lg:min-h-15 max-lg:content-start">
        <h1 className="text-stat font-semibold max-lg:sr-only">System</h1>
        {status && <Source status={status} state={state} />}
        {tools}
      </header>
      <main className="flex min-h-0 flex-1 flex-col gap-1 p-1">
        {offline && <OfflineNotice {...offline} onRetry={() => socket.retryNow()} />}
        {status ? (
          <div className={isUnheard ? "dimmed contents" : "contents"}>
            <System status={status} />
          </div>
        ) : (
          <p className="p-3 text-fg-2">Asking the server how it is…</p>
        )}
      </main>
    </div>
  );
}

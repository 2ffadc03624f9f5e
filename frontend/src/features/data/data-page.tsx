import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { configQuery, symbolsQuery } from "@/api/queries";
import type { StreamStatus } from "@/api/types";
import { Failure } from "@/components/failure";
import { OfflineNotice } from "@/components/offline-notice";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { sourceName } from "@/lib/words";
import { socket } from "@/stores/link";
import { useOffline } from "@/stores/offline";
import { usePreferences } from "@/stores/preferences";
import { useHeld, useWatch } from "@/stores/topics";
import { ExportPanel } from "./export-panel";
import { ImportPanel } from "./import-panel";
import { ImportedPanel } from "./imported-panel";

function Export({ status }: { status: StreamStatus | null }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const config = useQuery(configQuery);
  const symbols = useQuery({ ...symbolsQuery(status?.market ?? ""), enabled: status !== null });
  const failed = [config, symbols].find(({ error }) => error !== null);
  if (failed?.error) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!status || !config.data || !symbols.data) {
    return (
      <Panel title="Export" className="min-h-128 lg:min-h-101">
        <Skeleton label="Asking the server what there is…" />
      </Panel>
    );
  }
  const names = symbols.data.items.map(({ symbol }) => symbol);
  return <ExportPanel config={config.data} status={status} symbols={names} zone={zone} />;
}

/** What is stored, out as files; files of the past, in. */
export function DataPage({ tools }: { tools: ReactNode }) {
  useWatch("status");
  const zone = usePreferences((preferences) => preferences.zone);
  const status = useHeld("status", "status")?.data ?? null;
  const offline = useOffline();
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5 max-lg:min-h-15 max-lg:content-start">
        <h1 className="text-stat font-semibold max-lg:sr-only">Data and export</h1>
        {status && (
          <p className="text-label text-fg-2">
            {sourceName(status.source)} <span className="text-fg-3">{status.market}</span>
          </p>
        )}
        {tools}
      </header>
      <main className="flex min-h-0 flex-1 flex-col gap-1 p-1">
        {offline && (
          <OfflineNotice {...offline} onRetry={() => socket.retryNow()}>
            Nothing can be exported or imported until it does.
          </OfflineNotice>
        )}
        <div className="flex shrink-0 flex-col gap-1 lg:flex-row [&>*]:lg:flex-1">
          <Export status={status} />
          <ImportPanel />
        </div>
        <ImportedPanel market={status?.market ?? ""} zone={zone} />
      </main>
    </div>
  );
}

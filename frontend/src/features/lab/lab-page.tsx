import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { configQuery, symbolsQuery } from "@/api/queries";
import type { ClientConfig } from "@/api/types";
import { Failure } from "@/components/failure";
import { OfflineNotice } from "@/components/offline-notice";
import { PairChoiceControls } from "@/components/pair-choice";
import { StateMark } from "@/components/state-mark";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { zonedTime } from "@/lib/format";
import { isStill, type PageState } from "@/lib/page-states";
import { socket } from "@/stores/link";
import { navigate, usePath, useSearch } from "@/stores/location";
import { useOffline } from "@/stores/offline";
import { usePageState } from "@/stores/page-state";
import { usePreferences } from "@/stores/preferences";
import { useHeld, useWatch } from "@/stores/topics";
import { LabBody } from "./lab-body";
import { type ChosenPair, type LabView, labAddress, monitorAddress, parseLab } from "./lab-state";
import { type Lab, useLab } from "./use-lab";

function Freshness({ lab, view, state }: { lab: Lab; view: ChosenPair; state: PageState }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const last = lab.data?.last_time ?? null;
  return (
    <p className="flex flex-wrap items-center gap-2 text-label text-fg-2">
      <Button size="small" disabled={lab.busy} onClick={lab.refresh}>
        {lab.busy ? "Computing…" : "Compute again"}
      </Button>
      <Button look="ghost" size="small" onClick={() => navigate(monitorAddress(view))}>
        Open in the Monitor
      </Button>
      <span className="min-h-3.5 max-lg:basis-full">
        {/* No longer in one state than in the other, so that the line breaks in none. */}
        {last !== null && (isStill(state) ? <StateMark state={state} /> : "up to the bar of")}{" "}
        {last !== null && zonedTime(last, "stamp", zone)}
      </span>
    </p>
  );
}

type PairProps = {
  view: ChosenPair;
  market: string;
  state: PageState;
  controls: ReactNode;
  tools: ReactNode;
  onChange: (part: Partial<LabView>) => void;
};

function PairOfLab({ view, market, state, controls, tools, onChange }: PairProps) {
  const lab = useLab(market, view, state === "live");
  const offline = useOffline();
  return (
    <>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5">
        <h1 className="text-stat font-semibold max-lg:sr-only">Pair lab</h1>
        <Freshness lab={lab} view={view} state={state} />
        {tools}
        {controls}
      </header>
      <main className="flex flex-1 flex-col gap-1 p-1">
        {offline && <OfflineNotice {...offline} onRetry={() => socket.retryNow()} />}
        <div className={isStill(state) ? "dimmed contents" : "contents"}>
          <LabBody view={view} lab={lab} onChange={onChange} />
        </div>
      </main>
    </>
  );
}

function LabOf({ config, tools }: { config: ClientConfig; tools: ReactNode }) {
  useWatch("status");
  const status = useHeld("status", "status")?.data ?? null;
  const market = status?.market ?? config.market;
  const path = usePath();
  const search = useSearch();
  const view = useMemo(() => parseLab(path, search, config), [path, search, config]);
  const listed = useQuery(symbolsQuery(market)).data?.items ?? [];
  const streaming = (status?.symbols ?? [])
    .filter(({ state }) => state !== "stopped")
    .map(({ symbol }) => symbol);
  const symbols = streaming.length > 1 ? streaming : listed.map(({ symbol }) => symbol);
  const change = (part: Partial<LabView>) => {
    // From the address as it is now: two changes in one turn must not undo each other.
    const { pathname, search: now } = window.location;
    navigate(labAddress({ ...parseLab(pathname, now, config), ...part }));
  };
  const { intervals, methods } = config;
  const controls = (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 lg:basis-full">
      <PairChoiceControls choice={view} onChange={change} {...{ symbols, intervals, methods }} />
    </div>
  );
  const { a, b } = view;
  const state = usePageState(
    status,
    [a, b].filter((leg) => leg !== null),
  );
  return (
    <div className="flex min-h-dvh flex-col">
      {a && b ? (
        <PairOfLab
          view={{ ...view, a, b }}
          market={market}
          state={state}
          controls={controls}
          tools={tools}
          onChange={change}
        />
      ) : (
        <>
          <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5">
            <h1 className="text-stat font-semibold max-lg:sr-only">Pair lab</h1>
            {tools}
            {controls}
          </header>
          <main className="p-1">
            <Notice actions={<Button onClick={() => navigate("/scan")}>Open the Scanner</Button>}>
              Choose two symbols to examine, or find a pair in the Scanner.
            </Notice>
          </main>
        </>
      )}
    </div>
  );
}

/** One pair under every method and every test. */
export function LabPage({ tools }: { tools: ReactNode }) {
  const config = useQuery(configQuery);
  if (config.data) return <LabOf config={config.data} tools={tools} />;
  return (
    <main className="p-4">
      <h1 className="text-stat font-semibold max-lg:sr-only">Pair lab</h1>
      {config.error ? (
        <Failure error={config.error} onRetry={() => void config.refetch()} />
      ) : (
        <p className="pt-2 text-fg-2">Asking the server what it has…</p>
      )}
    </main>
  );
}

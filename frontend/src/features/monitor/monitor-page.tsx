import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { configQuery } from "@/api/queries";
import type { ClientConfig } from "@/api/types";
import { Afloat } from "@/components/afloat";
import { Failure } from "@/components/failure";
import { JournalNotice } from "@/components/journal-notice";
import { lazily } from "@/components/lazily";
import { usePageState } from "@/stores/page-state";
import { Banners } from "./banners";
import { BodySkeleton } from "./body-skeleton";
import { MonitorBody } from "./monitor-body";
import { PairControls } from "./pair-controls";
import { SourcePicker } from "./source-picker";
import { StatusBar } from "./status-bar";
import { StreamControls } from "./stream-controls";
import { useMonitor } from "./use-monitor";
import { useRecordedState } from "./use-recorded-state";

type Props = {
  /** What stands at the end of the header on every page. */
  tools: ReactNode;
};

const NO_ITEMS: never[] = [];

// Of recordings alone: not in the first load.
const Transport = lazily(() => import("./transport").then((module) => module.Transport));

function Monitor({ config, tools }: Props & { config: ClientConfig }) {
  const monitor = useMonitor(config);
  const { view, change, status, streaming, symbols, busy, failed } = monitor;
  const legs = [view.a, view.b].filter((symbol) => symbol !== null);
  const settled = usePageState(status, legs);
  const market = status?.market ?? config.market;
  const recorded = useRecordedState(settled, market);
  const state = recorded === "stopped" && monitor.opening ? "connecting" : recorded;
  const source = status?.source ?? config.source;
  const simulated = config.sources.find((name) => name.startsWith("sim"));
  const simulate = () => {
    // The pair was chosen for the other market: open the simulated one at its best.
    change({ a: null, b: null }, "replace");
    monitor.switchSource(simulated ?? "sim");
  };
  const comingAndGoing = (
    <>
      {failed && <Failure error={failed.error} onRetry={failed.retry} onDismiss={failed.dismiss} />}
      <Banners
        state={state}
        status={status}
        canSimulate={simulated !== undefined && !source.startsWith("sim")}
        busy={busy}
        onSimulate={simulate}
      />
    </>
  );
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh lg:min-h-160">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5">
        <h1 className="text-stat font-semibold max-lg:sr-only">Monitor</h1>
        <SourcePicker source={source} sources={config.sources} onSwitch={monitor.switchSource} />
        <StreamControls
          symbols={symbols.data?.items ?? NO_ITEMS}
          streaming={streaming}
          shown={[view.a, view.b]}
          running={status?.running ?? false}
          busy={busy}
          onStart={monitor.apply}
          onStop={monitor.stopAll}
        />
        {tools}
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 lg:basis-full lg:gap-x-3">
          <PairControls view={view} config={config} streaming={streaming} onChange={change} />
        </div>
      </header>
      {source.startsWith("replay:") && (
        <section
          aria-label="Playing the recording"
          // Its place is kept until it is there.
          className="flex min-h-17 flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-2 py-1 lg:min-h-9.5"
        >
          <Transport market={market} />
        </section>
      )}
      <main className="flex min-h-0 flex-1 flex-col gap-1 p-1">
        {view.a !== null && view.b !== null ? <Afloat>{comingAndGoing}</Afloat> : comingAndGoing}
        <JournalNotice journal={status?.journal ?? null} />
        {symbols.error && <Failure error={symbols.error} onRetry={() => void symbols.refetch()} />}
        <MonitorBody {...monitor} config={config} state={state} known={symbols.data?.items ?? null} />
      </main>
      <StatusBar state={state} status={status} config={config} symbols={legs} />
    </div>
  );
}

/** The Monitor: one pair, live. */
export function MonitorPage({ tools }: Props) {
  const config = useQuery(configQuery);
  if (config.data) return <Monitor config={config.data} tools={tools} />;
  if (config.error) {
    return (
      <main className="p-4">
        <h1 className="sr-only">Monitor</h1>
        <Failure error={config.error} onRetry={() => void config.refetch()} />
      </main>
    );
  }
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh lg:min-h-160">
      <header className="flex h-18.5 items-start border-b border-line px-2 py-1.5">
        <h1 className="text-stat font-semibold max-lg:sr-only">Monitor</h1>
        {tools}
      </header>
      <main className="flex min-h-0 flex-1 flex-col gap-1 p-1">
        <BodySkeleton>Asking the server what it has…</BodySkeleton>
      </main>
    </div>
  );
}

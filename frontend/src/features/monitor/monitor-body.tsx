import { useMemo, useState } from "react";
import type { ClientConfig, SimulationTruth, StreamStatus, SymbolOut } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel } from "@/components/ui/panel";
import { Tabs } from "@/components/ui/tabs";
import { useNarrow } from "@/components/use-narrow";
import { priceDecimals } from "@/lib/format";
import { sourceName } from "@/lib/words";
import { useWatch } from "@/stores/topics";
import { BodySkeleton } from "./body-skeleton";
import { LivePanes } from "./live-panes";
import { NumberRow } from "./number-row";
import type { PageState } from "./page-state";
import { PaneDialog } from "./pane-dialog";
import type { PaneKey } from "./pane-models";
import type { PanelProps } from "./panel-props";
import { PANELS } from "./panels";
import { PanesNotice } from "./panes-notice";
import { truthFor } from "./truth";
import type { ChangeView } from "./use-view";
import { barsTopic, type PairView, pairTopic, type View } from "./view-state";

type Props = {
  view: View;
  change: ChangeView;
  status: StreamStatus | null;
  state: PageState;
  streaming: readonly string[];
  known: readonly SymbolOut[] | null;
  truth: SimulationTruth | null;
  config: ClientConfig;
  opening: boolean;
  apply: (wanted: { start: string[]; stop: string[] }) => void;
};

const STILL: readonly PageState[] = ["offline", "stale", "unreachable", "failed"];

function SidePanels(props: PanelProps) {
  const narrow = useNarrow();
  const resetKey = pairTopic(props.view);
  if (narrow) {
    const tabs = PANELS.map(({ key, short, Content }) => ({
      key,
      title: short,
      content: <Content key={resetKey} {...props} />,
    }));
    return (
      <section
        aria-label="Statistics of the pair"
        className="flex h-72 rounded-base border border-line bg-card"
      >
        <Tabs label="Statistics of the pair" tabs={tabs} />
      </section>
    );
  }
  return (
    <div className="flex min-h-0 flex-col gap-1">
      {PANELS.map(({ key, title, weight, Content }) => (
        <div key={key} className="flex min-h-0 *:flex-1" style={{ flex: weight }}>
          <Panel title={title}>
            <Content key={resetKey} {...props} />
          </Panel>
        </div>
      ))}
    </div>
  );
}

type PairProps = Props & { view: PairView };

function PairBody({ view, known, truth, state, streaming, opening, apply }: PairProps) {
  const [opened, setOpened] = useState<PaneKey | null>(null);
  const { a, b, interval } = view;
  useWatch(barsTopic(a, interval));
  useWatch(barsTopic(b, interval));
  useWatch(pairTopic(view));
  const tick = (symbol: string) => known?.find((item) => item.symbol === symbol)?.tick_size ?? 0.01;
  const [tickA, tickB] = [tick(a), tick(b)];
  const decimals = useMemo(() => ({ a: priceDecimals(tickA), b: priceDecimals(tickB) }), [tickA, tickB]);
  const still = STILL.includes(state);
  const panel: PanelProps = { view, decimals, truth: truthFor(truth, a, b) };
  return (
    <>
      <NumberRow {...panel} dimmed={still} />
      <div className="grid min-h-0 flex-1 gap-1 lg:grid-cols-[minmax(0,1fr)_320px]">
        <Panel
          title={`${a} and ${b}, ${interval}`}
          className={still ? "opacity-75 max-lg:h-128" : "max-lg:h-128"}
        >
          <LivePanes view={view} decimals={decimals} onOpen={setOpened} />
          <PanesNotice
            view={view}
            streaming={streaming}
            opening={opening}
            onStart={(start) => apply({ start, stop: [] })}
          />
        </Panel>
        <SidePanels {...panel} />
      </div>
      {opened && <PaneDialog pane={opened} view={view} decimals={decimals} onClose={() => setOpened(null)} />}
    </>
  );
}

/** The numbers, the charts and the panels of the chosen pair; without a pair, what to do to get one. */
export function MonitorBody(props: Props) {
  const { view, known, change, status, state, opening, config } = props;
  const { a, b } = view;
  if (a === null || b === null) {
    if (state === "unreachable" || state === "failed" || state === "offline") return null;
    const source = sourceName(status?.source ?? config.source);
    if (!status || opening) return <BodySkeleton>{`Opening: ${source}`}</BodySkeleton>;
    return <Notice>Tick two symbols under “Symbols” and press Start to see their spread.</Notice>;
  }
  const unknown = known?.length ? [a, b].filter((leg) => !known.some(({ symbol }) => symbol === leg)) : [];
  if (unknown.length > 0) {
    const action = <Button onClick={() => change({ a: null, b: null })}>Choose another pair</Button>;
    return <Notice actions={action}>This market has no {unknown.join(" and no ")}.</Notice>;
  }
  return <PairBody {...props} view={{ ...view, a, b }} />;
}

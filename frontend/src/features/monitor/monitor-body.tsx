import { type CSSProperties, useMemo, useState } from "react";
import { truthFor } from "@/api/truth";
import type { ClientConfig, SimulationTruth, StreamStatus, SymbolOut } from "@/api/types";
import type { Opening } from "@/charts/chart-actions";
import { lazily } from "@/components/lazily";
import { Splitter } from "@/components/splitter";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel } from "@/components/ui/panel";
import { priceDecimals } from "@/lib/format";
import { isStill, type PageState } from "@/lib/page-states";
import { sourceName } from "@/lib/words";
import { navigate } from "@/stores/location";
import { usePreferences } from "@/stores/preferences";
import { useWatchAll } from "@/stores/topics";
import { BodySkeleton } from "./body-skeleton";
import { LivePanes } from "./live-panes";
import { NumberRow } from "./number-row";
import type { PaneKey } from "./pane-models";
import type { PanelProps } from "./panel-props";
import { PanesNotice } from "./panes-notice";
import { RefitBanner } from "./refit-banner";
import type { ChangeView } from "./use-view";
import { barsTopic, labAddress, type PairView, pairTopic, type View } from "./view-state";

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

// Beside the charts, and with Plotly's part of it after the first data: not in the first load.
const SidePanels = lazily(() => import("./side-panels").then((module) => module.SidePanels));

// Loaded when the first chart is opened.
const PaneDialog = lazily(() => import("./pane-dialog").then((module) => module.PaneDialog));

const TicketDialog = lazily(() => import("./ticket-dialog").then((module) => module.TicketDialog));

const SIDE_MIN = 240;
const SIDE_MAX = 640;
const SIDE_DEFAULT = 320;
type PairProps = Props & { view: PairView };

function PairBody({ view, known, truth, status, state, streaming, opening, apply }: PairProps) {
  const [opened, setOpened] = useState<{ pane: PaneKey; what: Opening } | null>(null);
  const [ticket, setTicket] = useState(false);
  const { layout, setLayout } = usePreferences();
  const { a, b, interval, compare } = view;
  useWatchAll([a, b, ...compare].map((symbol) => barsTopic(symbol, interval)).concat(pairTopic(view)));
  const tick = (symbol: string) => known?.find((item) => item.symbol === symbol)?.tick_size ?? 0.01;
  const [tickA, tickB] = [tick(a), tick(b)];
  const decimals = useMemo(() => ({ a: priceDecimals(tickA), b: priceDecimals(tickB) }), [tickA, tickB]);
  const still = isStill(state);
  const panel: PanelProps = { view, decimals, truth: truthFor(truth, a, b) };
  return (
    <>
      <NumberRow {...panel} dimmed={still} />
      <div
        className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] max-lg:gap-1 lg:grid-cols-[minmax(0,1fr)_auto_minmax(0,var(--side))]"
        style={{ "--side": `${layout.side}px` } as CSSProperties}
      >
        <Panel
          title={`${a} and ${b}, ${interval}`}
          actions={
            <>
              <RefitBanner key={pairTopic(view)} view={view} />
              <Button
                look="ghost"
                size="small"
                className="shrink-0"
                title="This pair under every method and test"
                onClick={() => navigate(labAddress(view))}
              >
                Pair lab
              </Button>
              <Button look="ghost" size="small" className="shrink-0" onClick={() => setTicket(true)}>
                Trade ticket
              </Button>
            </>
          }
          className={still ? "dimmed max-lg:h-128" : "max-lg:h-128"}
        >
          <LivePanes view={view} decimals={decimals} onOpen={(pane, what) => setOpened({ pane, what })} />
          <PanesNotice
            view={view}
            streaming={streaming}
            known={status !== null}
            opening={opening}
            onStart={(start) => apply({ start, stop: [] })}
          />
        </Panel>
        <div className="flex max-lg:hidden">
          <Splitter
            label="Width of the side panels"
            orientation="vertical"
            value={layout.side}
            min={SIDE_MIN}
            max={SIDE_MAX}
            after
            reach="before"
            onChange={(side) => setLayout({ side })}
            onReset={() => setLayout({ side: SIDE_DEFAULT })}
          />
        </div>
        {/* Their place is kept until they are there. */}
        <div className="grid min-h-0 min-w-0 grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,1fr)] max-lg:h-72">
          <SidePanels {...panel} dimmed={still} />
        </div>
      </div>
      {ticket && <TicketDialog view={view} known={known} onClose={() => setTicket(false)} />}
      {opened && (
        <PaneDialog
          pane={opened.pane}
          opening={opened.what}
          view={view}
          decimals={decimals}
          onClose={() => setOpened(null)}
        />
      )}
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

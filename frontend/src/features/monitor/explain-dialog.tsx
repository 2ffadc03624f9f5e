import { serverUrl } from "@/api/endpoints";
import type { Bar, PairAnalytics } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { cellTime, count, fixed, type TimeZone, zoneHead } from "@/lib/format";
import { useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { useSession } from "@/stores/session";
import { useHeld } from "@/stores/topics";
import { type BarsUsed, barsUsed, type UsedBar } from "./bars-used";
import { Explained } from "./explained";
import {
  explanationOf,
  lastBar,
  lastPriceExplanation,
  type NumberKey,
  type PairNumber,
  spanOf,
} from "./explanations";
import { signalChecks } from "./no-signal";
import type { PanelProps } from "./panel-props";
import { lastPriceSnippet, pairSnippet, type Server } from "./snippets";
import { barsTopic, pairTopic } from "./view-state";

const NO_BARS: Bar[] = [];
const NO_BARS_USED: UsedBar[] = [];

function useBarsUsed({ view }: PanelProps, pair: PairAnalytics | null): BarsUsed {
  const a = useHeld("bars", barsTopic(view.a, view.interval))?.data.items ?? NO_BARS;
  const b = useHeld("bars", barsTopic(view.b, view.interval))?.data.items ?? NO_BARS;
  const span = pair && spanOf(pair);
  return span ? barsUsed(span, a, b) : { rows: NO_BARS_USED, all: 0 };
}

function useServer(): Server {
  const asksWho = useSession((session) => session.required);
  return { base: serverUrl(), asksWho };
}

/** How many bars there are, and how many of them the page holds where those are not all. */
function barsTitle({ rows, all }: BarsUsed): string {
  const shown =
    rows.length < all ? `The newest ${count(rows.length)} of the ${count(all)}` : `The ${count(all)}`;
  const rest = rows.length < all ? "; the program reads all" : "";
  return `${shown} bars behind it${rest}; the newest is not in the fit`;
}

function Checks({ pair, entry }: { pair: PairAnalytics; entry: number }) {
  const open = useLink((link) => link.state.phase === "open");
  const checks = signalChecks(pair, entry, open ? "live" : "stale");
  const signal = checks.every(({ passed }) => passed);
  return (
    <section aria-label="What a signal needs">
      <h3 className="pb-1 text-label font-semibold text-fg-2">
        {signal ? "Why there is a signal" : "Why no signal"}
      </h3>
      <ul className="flex flex-col gap-0.5">
        {checks.map(({ key, passed, says }) => (
          <li key={key} data-passed={passed}>
            <span aria-hidden className={passed ? "text-ok" : "text-warn"}>
              {passed ? "✓" : "✕"}{" "}
            </span>
            <span className="sr-only">{passed ? "yes: " : "no: "}</span>
            {says}
          </li>
        ))}
      </ul>
    </section>
  );
}

function opens<Bar extends { time: number }>(zone: TimeZone): Column<Bar> {
  return {
    key: "time",
    label: `Bar opens, ${zoneHead(zone)}`,
    align: "left",
    cell: (bar) => cellTime(bar.time, "stamp", zone),
  };
}

type Props = PanelProps & { onClose: () => void };

function PairNumberDialog({ number, onClose, ...props }: Props & { number: PairNumber }) {
  const { view, decimals } = props;
  const pair = useHeld("pair", pairTopic(view))?.data ?? null;
  const zone = usePreferences((preferences) => preferences.zone);
  const used = useBarsUsed(props, pair);
  const server = useServer();
  if (!pair) return null;
  const columns: Column<UsedBar>[] = [
    opens(zone),
    { key: "a", label: view.a, cell: (row) => fixed(row.a, decimals.a) },
    { key: "quality_a", label: "quality", align: "left", cell: (row) => row.qualityA },
    { key: "b", label: view.b, cell: (row) => fixed(row.b, decimals.b) },
    { key: "quality_b", label: "quality", align: "left", cell: (row) => row.qualityB },
  ];
  return (
    <Explained
      explanation={explanationOf(number, pair, view)}
      description={`${view.a} against ${view.b}`}
      snippet={pairSnippet(number, pair, server)}
      before={number === "zscore" && <Checks pair={pair} entry={view.entry} />}
      bars={{
        title: barsTitle(used),
        table: (
          <DataTable
            label="Bars used"
            columns={columns}
            rows={used.rows}
            rowKey={(row) => String(row.time)}
          />
        ),
        className: "h-48",
      }}
      onClose={onClose}
    />
  );
}

function LastPriceDialog({ leg, view, decimals, onClose }: Props & { leg: "a" | "b" }) {
  const bars = useHeld("bars", barsTopic(view[leg], view.interval))?.data ?? null;
  const zone = usePreferences((preferences) => preferences.zone);
  const server = useServer();
  const bar = bars && lastBar(bars);
  if (!bar) return null;
  const price = (key: "open" | "high" | "low" | "close"): Column<typeof bar> => ({
    key,
    label: key,
    cell: (row) => fixed(row[key], decimals[leg]),
  });
  const columns: Column<typeof bar>[] = [
    opens(zone),
    price("open"),
    price("high"),
    price("low"),
    price("close"),
    { key: "trades", label: "trades", cell: (row) => count(row.trades) },
    { key: "quality", label: "quality", align: "left", cell: (row) => row.quality },
  ];
  return (
    <Explained
      explanation={lastPriceExplanation(bars, bar)}
      description={`Leg ${leg.toUpperCase()} of ${view.a} against ${view.b}`}
      snippet={lastPriceSnippet(bars, bar, server)}
      bars={{
        title: "The bar behind it",
        table: (
          <DataTable label="Bars used" columns={columns} rows={[bar]} rowKey={(row) => String(row.time)} />
        ),
      }}
      onClose={onClose}
    />
  );
}

/** Where a number comes from: formula, inputs, the bars it rests on, and a program that computes it again. */
export function ExplainDialog({ number, ...props }: Props & { number: NumberKey }) {
  if (number === "last_a") return <LastPriceDialog leg="a" {...props} />;
  if (number === "last_b") return <LastPriceDialog leg="b" {...props} />;
  return <PairNumberDialog number={number} {...props} />;
}

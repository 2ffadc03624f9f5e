import type { PairAnalytics } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { count, fixed, type TimeZone, time, zoneName } from "@/lib/format";
import { useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { useHeld } from "@/stores/topics";
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
import { lastPriceSnippet, pairSnippet } from "./snippets";
import { barsTopic, pairTopic } from "./view-state";

type Row = { time: number; a: number | null; qualityA: string; b: number | null; qualityB: string };

function useBarsUsed({ view }: PanelProps, pair: PairAnalytics | null): Row[] {
  const a = useHeld("bars", barsTopic(view.a, view.interval))?.data.items ?? [];
  const b = useHeld("bars", barsTopic(view.b, view.interval))?.data.items ?? [];
  const span = pair && spanOf(pair);
  if (!span) return [];
  const inSpan = ({ time }: { time: number }) => time >= span.start && time < span.end;
  const [ofA, ofB] = [a, b].map((bars) => new Map(bars.filter(inSpan).map((bar) => [bar.time, bar])));
  const times = [...new Set([...(ofA?.keys() ?? []), ...(ofB?.keys() ?? [])])].sort(
    (one, other) => other - one,
  );
  return times.map((time) => ({
    time,
    a: ofA?.get(time)?.close ?? null,
    qualityA: ofA?.get(time)?.quality ?? "gap",
    b: ofB?.get(time)?.close ?? null,
    qualityB: ofB?.get(time)?.quality ?? "gap",
  }));
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
    label: `Bar opens, ${zoneName(zone)}`,
    align: "left",
    cell: (bar) => time(bar.time, "stamp", zone),
  };
}

type Props = PanelProps & { onClose: () => void };

function PairNumberDialog({ number, onClose, ...props }: Props & { number: PairNumber }) {
  const { view, decimals } = props;
  const pair = useHeld("pair", pairTopic(view))?.data ?? null;
  const zone = usePreferences((preferences) => preferences.zone);
  const rows = useBarsUsed(props, pair);
  if (!pair) return null;
  const columns: Column<Row>[] = [
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
      snippet={pairSnippet(number, pair, window.location.origin)}
      before={number === "zscore" && <Checks pair={pair} entry={view.entry} />}
      bars={{
        title: `The ${rows.length} bars behind it; the newest is not in the fit`,
        table: (
          <DataTable label="Bars used" columns={columns} rows={rows} rowKey={(row) => String(row.time)} />
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
      snippet={lastPriceSnippet(bars, bar, window.location.origin)}
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

import { Copy } from "lucide-react";
import type { PairAnalytics } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ABSENT, fixed, time as formatTime, zoneName } from "@/lib/format";
import { useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { useHeld } from "@/stores/topics";
import { explanationOf, type NumberKey, snippetFor, spanOf } from "./explanations";
import { signalChecks } from "./no-signal";
import type { PanelProps } from "./panel-props";
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

/** The number as it is, with all its digits. */
function exact(value: number | string | null): string {
  return value === null ? ABSENT : String(value).replace("-", "−");
}

function Snippet({ text }: { text: string }) {
  return (
    <section aria-label="Python">
      <div className="flex items-center justify-between pb-1">
        <h3 className="text-label font-semibold text-fg-2">The same number in Python</h3>
        <Button size="small" onClick={() => void navigator.clipboard?.writeText(text).catch(() => {})}>
          <Copy aria-hidden className="size-3.5" /> Copy
        </Button>
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-base bg-raised p-2 text-label"
        data-testid="snippet"
      >
        {text}
      </pre>
    </section>
  );
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

type Props = PanelProps & { number: NumberKey; onClose: () => void };

/** Where a number comes from: formula, inputs, the bars it rests on, and a program that computes it again. */
export function ExplainDialog({ number, onClose, ...props }: Props) {
  const { view, decimals } = props;
  const pair = useHeld("pair", pairTopic(view))?.data ?? null;
  const zone = usePreferences((preferences) => preferences.zone);
  const rows = useBarsUsed(props, pair);
  if (!pair) return null;
  const explanation = explanationOf(number, pair, view);
  const snippet = snippetFor(explanation, pair, window.location.origin);
  const columns: Column<Row>[] = [
    {
      key: "time",
      label: `Bar opens, ${zoneName(zone)}`,
      align: "left",
      cell: ({ time }) => formatTime(time, "stamp", zone),
    },
    { key: "a", label: view.a, cell: (row) => fixed(row.a, decimals.a) },
    { key: "quality_a", label: "quality", align: "left", cell: (row) => row.qualityA },
    { key: "b", label: view.b, cell: (row) => fixed(row.b, decimals.b) },
    { key: "quality_b", label: "quality", align: "left", cell: (row) => row.qualityB },
  ];
  return (
    <Dialog
      size="sheet"
      title={explanation.title}
      description={`${view.a} against ${view.b}`}
      onClose={onClose}
    >
      <div className="flex flex-col gap-3 overflow-y-auto p-3">
        <p>{explanation.says}</p>
        {explanation.formula && <p className="rounded-base bg-raised px-2 py-1.5">{explanation.formula}</p>}
        {number === "zscore" && <Checks pair={pair} entry={view.entry} />}
        {explanation.inputs.length > 0 && (
          <dl className="m-0">
            {explanation.inputs.map(({ name, value }) => (
              <div key={name} className="flex justify-between gap-4 py-0.5">
                <dt className="text-fg-2">{name}</dt>
                <dd>{exact(value)}</dd>
              </div>
            ))}
            {explanation.result && (
              <div className="flex justify-between gap-4 border-t border-line pt-1 font-semibold">
                <dt>{explanation.result.name}</dt>
                <dd data-testid="result">{exact(explanation.result.value)}</dd>
              </div>
            )}
          </dl>
        )}
        {snippet && <Snippet text={snippet} />}
        <section aria-label="Bars">
          <h3 className="pb-1 text-label font-semibold text-fg-2">
            The {rows.length} bars behind it; the newest is not in the fit
          </h3>
          <div className="flex h-48 rounded-base border border-line *:flex-1">
            <DataTable label="Bars used" columns={columns} rows={rows} rowKey={({ time }) => String(time)} />
          </div>
        </section>
      </div>
    </Dialog>
  );
}

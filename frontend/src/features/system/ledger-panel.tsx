import type { SymbolStatus } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Panel } from "@/components/ui/panel";
import { ABSENT, count, fixed } from "@/lib/format";

const STATES: Record<SymbolStatus["state"], { shape: string; tone: string }> = {
  live: { shape: "●", tone: "text-ok" },
  quiet: { shape: "●", tone: "text-fg-2" },
  connecting: { shape: "◌", tone: "text-warn" },
  stale: { shape: "▲", tone: "text-warn" },
  gap: { shape: "▲", tone: "text-warn" },
  halted: { shape: "■", tone: "text-warn" },
  stopped: { shape: "■", tone: "text-fg-2" },
};

function State({ line }: { line: SymbolStatus }) {
  const { shape, tone } = STATES[line.state];
  return (
    <span className={tone} title={line.reason ?? undefined}>
      <span aria-hidden>{shape} </span>
      {line.state}
    </span>
  );
}

function alarming(value: number, tone: string) {
  return <span className={value > 0 ? `font-semibold ${tone}` : undefined}>{count(value)}</span>;
}

type Props = { symbols: readonly SymbolStatus[]; chosen: string | null; onChoose: (symbol: string) => void };

/** Where each symbol's trade ids stand; its name shows its holes. */
export function LedgerPanel({ symbols, chosen, onChoose }: Props) {
  const columns: Column<SymbolStatus>[] = [
    {
      key: "symbol",
      label: "Symbol",
      align: "left",
      cell: ({ symbol }) => (
        <button
          type="button"
          aria-pressed={symbol === chosen}
          onClick={() => onChoose(symbol)}
          className="min-h-6 font-medium text-leg-a underline-offset-2 hover:underline"
        >
          {symbol}
        </button>
      ),
    },
    { key: "state", label: "State", align: "left", cell: (line) => <State line={line} /> },
    {
      key: "last_id",
      label: "Last id",
      cell: ({ last_id }) => (last_id === null ? ABSENT : String(last_id)),
    },
    { key: "ticks", label: "Trades", cell: ({ ticks }) => count(ticks) },
    { key: "rate", label: "Rate /s", cell: ({ rate }) => fixed(rate, 1) },
    {
      key: "latency_ms",
      label: "Latency ms",
      title: "Receive time minus exchange time, median",
      cell: ({ latency_ms }) => fixed(latency_ms, 0),
    },
    {
      key: "open",
      label: "Holes open",
      title: "Holes whose trades are missing",
      cell: ({ gaps }) => alarming(gaps.open, "text-warn"),
    },
    {
      key: "filled",
      label: "filled",
      title: "Holes whose trades were fetched or came late",
      cell: ({ gaps }) => count(gaps.filled),
    },
    {
      key: "confirmed",
      label: "confirmed",
      title: "Holes for which the exchange has no trades either",
      cell: ({ gaps }) => count(gaps.confirmed),
    },
    {
      key: "duplicates",
      label: "Duplicates",
      title: "Trades dropped because their id was known",
      cell: ({ duplicates }) => count(duplicates),
    },
    {
      key: "out_of_order",
      label: "Late",
      title: "Trades taken in after one with a higher id",
      cell: ({ out_of_order }) => count(out_of_order),
    },
    {
      key: "quarantined",
      label: "Quarantined",
      title: "Messages refused because they break the protocol",
      cell: ({ quarantined }) => alarming(quarantined, "text-crit"),
    },
  ];
  return (
    <Panel title="Ledger: every trade id by symbol" className="lg:min-h-40 lg:flex-1">
      {symbols.length === 0 ? (
        <p className="p-3 text-fg-2">Nothing streams. Choose symbols and press Start on the Monitor.</p>
      ) : (
        <DataTable
          label="Trade ids by symbol"
          columns={columns}
          rows={symbols}
          rowKey={({ symbol }) => symbol}
          rowProps={({ symbol }) => (symbol === chosen ? { className: "bg-raised" } : {})}
        />
      )}
    </Panel>
  );
}

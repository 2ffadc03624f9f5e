import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { gapsQuery } from "@/api/queries";
import type { Gap, SymbolStatus } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Failure } from "@/components/failure";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { cellTime, count, type TimeZone, zoneHead } from "@/lib/format";

const TONES: Record<Gap["state"], string> = {
  open: "text-warn",
  filled: "text-ok",
  confirmed: "text-fg-2",
};
const SHAPES: Record<Gap["state"], string> = { open: "▲", filled: "●", confirmed: "■" };

function columnsOf(zone: TimeZone): Column<Gap>[] {
  return [
    { key: "first_id", label: "First id", align: "left", cell: ({ first_id }) => String(first_id) },
    { key: "last_id", label: "Last id", cell: ({ last_id }) => String(last_id) },
    { key: "ids", label: "Trades", cell: ({ first_id, last_id }) => count(last_id - first_id + 1) },
    {
      key: "state",
      label: "State",
      align: "left",
      cell: ({ state }) => (
        <span className={TONES[state]}>
          <span aria-hidden>{SHAPES[state]} </span>
          {state}
        </span>
      ),
    },
    {
      key: "found_at",
      label: `Found, ${zoneHead(zone)}`,
      cell: ({ found_at }) => cellTime(found_at, "stamp", zone),
    },
  ];
}

type Props = { market: string; line: SymbolStatus | null; zone: TimeZone };

/** The holes of one symbol, newest first: asked for again whenever their number changes. */
export function GapsPanel({ market, line, zone }: Props) {
  const { open, filled, confirmed } = line?.gaps ?? { open: 0, filled: 0, confirmed: 0 };
  const gaps = useQuery({
    ...gapsQuery(market, line?.symbol ?? "", `${open}/${filled}/${confirmed}`),
    enabled: line !== null,
    placeholderData: keepPreviousData,
  });
  const shown = gaps.data?.symbol === line?.symbol ? gaps.data : undefined;
  const body = () => {
    if (line === null) return <p className="p-3 text-fg-2">Choose a symbol to see its holes.</p>;
    if (gaps.error) return <Failure error={gaps.error} onRetry={() => void gaps.refetch()} />;
    if (!shown) return <Skeleton label="Asking for the holes…" />;
    if (shown.items.length === 0)
      return <p className="p-3 text-fg-2">No id is missing between the first and the last.</p>;
    return (
      <DataTable
        label="List of holes"
        columns={columnsOf(zone)}
        rows={shown.items.toReversed()}
        rowKey={(gap) => `${gap.first_id}-${gap.last_id}-${gap.state}`}
      />
    );
  };
  return (
    <Panel title={line ? `Holes of ${line.symbol}` : "Holes"} className="max-lg:min-h-32 lg:flex-1">
      {body()}
    </Panel>
  );
}

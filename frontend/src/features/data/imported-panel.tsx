import { useQuery } from "@tanstack/react-query";
import { importedQuery } from "@/api/queries";
import type { ImportedSpan } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Failure } from "@/components/failure";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { ABSENT, count, type TimeZone, zonedTime } from "@/lib/format";
import { plural } from "@/lib/words";

function columnsOf(zone: TimeZone): Column<ImportedSpan>[] {
  const place = (span: ImportedSpan, at: number | null) => {
    if (at === null) return ABSENT;
    return span.interval === null ? String(at) : zonedTime(at, "full", zone);
  };
  const holes = (span: ImportedSpan) => {
    if (span.hole_count === 0) return "none";
    const shown = span.holes.map(([first, last]) => `${place(span, first)} to ${place(span, last)}`);
    if (span.hole_count > shown.length) shown.push(`${span.hole_count - shown.length} more`);
    return (
      <details>
        <summary className="cursor-pointer text-warn">
          {plural(span.hole_count, "hole")}, {count(span.missing)} missing
        </summary>
        <ul className="text-left text-label text-fg-2">
          {shown.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    );
  };
  return [
    { key: "name", label: "File", align: "left", cell: ({ name }) => name },
    { key: "market", label: "Market", align: "left", cell: ({ market }) => market },
    { key: "symbol", label: "Symbol", align: "left", cell: ({ symbol }) => symbol },
    {
      key: "interval",
      label: "Rows are",
      align: "left",
      cell: ({ interval }) => (interval ? `${interval} bars` : "trades"),
    },
    {
      key: "rows",
      label: "Rows",
      cell: ({ rows, whole }) => (whole ? count(rows) : `${count(rows)}, cut short`),
    },
    {
      key: "first",
      label: "First",
      title: "Trade id, or open time",
      cell: (span) => place(span, span.first),
    },
    { key: "last", label: "Last", title: "Trade id, or open time", cell: (span) => place(span, span.last) },
    { key: "holes", label: "Holes", align: "left", cell: holes },
  ];
}

type Props = { market: string; zone: TimeZone };

/** What every file that was ever imported gave, and what it lacks. */
export function ImportedPanel({ market, zone }: Props) {
  const imported = useQuery(importedQuery);
  const spans = imported.data?.items ?? [];
  const elsewhere = spans.length > 0 && spans.every((span) => span.market !== market);
  const body = () => {
    if (imported.error) return <Failure error={imported.error} onRetry={() => void imported.refetch()} />;
    if (!imported.data) return <Skeleton label="Asking what has been imported…" />;
    if (spans.length === 0)
      return <p className="p-3 text-fg-2">No file has been imported. Choose one under Import.</p>;
    return (
      <>
        {elsewhere && (
          <p className="px-3 py-1.5 text-fg-2">
            These belong to other markets than {market}: choose their source on the Monitor to see them.
          </p>
        )}
        <DataTable
          label="Imported files"
          columns={columnsOf(zone)}
          rows={spans}
          rowKey={({ market, symbol, interval, name }) => `${market} ${symbol} ${interval} ${name}`}
        />
      </>
    );
  };
  return (
    <Panel title="Imported spans and their holes" className="min-h-40 lg:flex-1">
      {body()}
    </Panel>
  );
}

import { ArrowDownWideNarrow, Download } from "lucide-react";
import { useMemo } from "react";
import type { PairScan } from "@/api/types";
import { saveFile } from "@/components/save-file";
import { type Sort, SortTable } from "@/components/sort-table";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { useKeptOrder } from "@/components/use-kept-order";
import { sortedBy } from "@/lib/ordering";
import { plural } from "@/lib/words";
import { scanColumns } from "./scan-columns";
import { pairKey, passes, scanCsv } from "./scan-rows";
import { labAddress, type ScanView } from "./scan-state";

type Props = {
  scan: PairScan;
  view: ScanView;
  onSort: (sort: Sort) => void;
  onOpen: (a: string, b: string) => void;
};

/** The scan's pairs that pass the filters, in an order that only the reader changes. */
export function ScanTable({ scan, view, onSort, onOpen }: Props) {
  const { sort, filters } = view;
  const { pairs_tested, calibrated } = scan;
  const columns = useMemo(
    () => scanColumns({ tested: pairs_tested, calibrated, interval: scan.interval }),
    [pairs_tested, calibrated, scan.interval],
  );
  const sorted = useMemo(() => {
    const column = columns.find(({ key }) => key === sort.key) ?? columns[1];
    const wanted = scan.items.filter((row) => passes(row, filters));
    return column ? sortedBy(wanted, column.value, pairKey, sort.direction) : wanted;
  }, [scan.items, filters, columns, sort]);
  // Sorted anew by the reader's wish alone, or where it is another scan: other bars, symbols or pairs that can be tested.
  const { market, interval, window, scale, symbols } = scan;
  const scope = [market, interval, window, scale, symbols, pairs_tested, calibrated];
  const resetKey = JSON.stringify([sort, filters, ...scope]);
  const { rows, moved, sortAgain } = useKeptOrder(sorted, pairKey, resetKey);
  return (
    <Panel
      title={
        rows.length === scan.items.length
          ? plural(rows.length, "pair")
          : `${rows.length} of ${plural(scan.items.length, "pair")}`
      }
      actions={
        <>
          <Button
            look="ghost"
            size="small"
            aria-disabled={moved === 0}
            title="Rows keep their places while numbers change, until you sort again"
            onClick={sortAgain}
            className={moved === 0 ? "opacity-60" : ""}
          >
            <ArrowDownWideNarrow aria-hidden className="size-3.5" />
            {moved === 0 ? "In order" : "Sort again"}
          </Button>
          <Button
            look="ghost"
            size="tool"
            aria-label="CSV of the pairs"
            title="CSV"
            onClick={() => saveFile(`scan-${interval}-${window}.csv`, scanCsv(rows))}
          >
            <Download aria-hidden className="size-3.5" />
          </Button>
        </>
      }
      className="flex-1"
    >
      {rows.length === 0 ? (
        <p className="p-3 text-fg-2">No pair passes these filters. Widen one, or clear them.</p>
      ) : (
        <SortTable
          label="Pairs of the scan"
          columns={columns}
          rows={rows}
          rowKey={pairKey}
          sort={sort}
          onSort={onSort}
          href={({ symbol_a, symbol_b }) => labAddress(view, symbol_a, symbol_b)}
          onOpen={({ symbol_a, symbol_b }) => onOpen(symbol_a, symbol_b)}
        />
      )}
    </Panel>
  );
}

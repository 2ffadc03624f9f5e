import { useMemo, useState } from "react";
import type { ScannedPair } from "@/api/types";
import { Sparkline } from "@/charts/sparkline";
import { PairMatrix } from "@/components/pair-matrix";
import { matrixCell } from "@/components/scan-measure";
import { type Sort, type SortColumn, SortTable } from "@/components/sort-table";
import { FigureText } from "@/components/ui/figure-text";
import { useKeptOrder } from "@/components/use-kept-order";
import { fixed, pValue, signed } from "@/lib/format";
import { sortedBy } from "@/lib/ordering";
import { shortSymbol } from "@/lib/words";
import { navigate } from "@/stores/location";
import { MatrixScope } from "./matrix-scope";
import type { PanelProps } from "./panel-props";
import { useMatrix } from "./use-matrix";
import { usePairSparks } from "./use-pair-sparks";
import { type PairView, viewAddress } from "./view-state";

const SPARK = { width: 64, height: 18 };
const pairKey = ({ symbol_a, symbol_b }: ScannedPair) => `${symbol_a}/${symbol_b}`;
// By the name that is shown: with their quote, BTCDOM would stand before BTC.
const pairName = ({ symbol_a, symbol_b }: ScannedPair) => `${shortSymbol(symbol_a)}/${shortSymbol(symbol_b)}`;
const addressOf = (view: PairView, a: string, b: string) => viewAddress({ ...view, a, b });

type Numeric = "zscore" | "p_value" | "half_life";

function numeric(
  key: Numeric,
  label: string,
  width: number,
  format: (value: number | null) => string,
  title: string,
): SortColumn<ScannedPair> {
  return {
    key,
    label,
    title,
    width,
    value: (row) => row[key],
    cell: (row) => (
      <FigureText
        field={key}
        value={row[key]}
        format={format}
        reason={row.reason ?? row.reasons[key] ?? null}
      />
    ),
  };
}

function columnsOf(sparks: Map<string, (number | null)[]>): SortColumn<ScannedPair>[] {
  return [
    {
      key: "pair",
      label: "Pair",
      align: "left",
      width: 92,
      value: pairName,
      cell: pairName,
    },
    numeric("zscore", "z", 50, (value) => signed(value, 2), "The spread’s distance from its mean, in σ"),
    numeric("p_value", "p", 52, pValue, "Engle-Granger, the smaller of both directions, doubled"),
    numeric("half_life", "HL", 48, (value) => fixed(value, 0), "Half-life of a deviation, in bars"),
    {
      key: "spark",
      label: "60 bars",
      title: "What the pair’s line leaves of the last 60 bars; sorts by the size of z",
      width: 78,
      value: (row) => (row.zscore === null ? null : Math.abs(row.zscore)),
      first: "descending",
      cell: (row) => <Sparkline values={sparks.get(pairKey(row)) ?? []} {...SPARK} />,
    },
  ];
}

/** All streaming pairs, each with its z, p, half-life and last bars; a click shows the pair. */
export function PairsPanel({ view }: PanelProps) {
  const matrix = useMatrix(view);
  const { scan } = matrix;
  const [sort, setSort] = useState<Sort>({ key: "p_value", direction: "ascending" });
  const sparks = usePairSparks(scan);
  const columns = useMemo(() => columnsOf(sparks), [sparks]);
  const sorted = useMemo(() => {
    const column = columns.find(({ key }) => key === sort.key) ?? columns[0];
    return scan && column ? sortedBy(scan.items, column.value, pairKey, sort.direction) : [];
  }, [scan, columns, sort]);
  const { rows } = useKeptOrder(
    sorted,
    pairKey,
    JSON.stringify([sort, scan?.market, scan?.window, scan?.symbols, scan?.pairs_tested]),
  );
  return (
    <MatrixScope matrix={matrix}>
      <SortTable
        label="All streaming pairs"
        columns={columns}
        rows={rows}
        rowKey={pairKey}
        sort={sort}
        onSort={setSort}
        href={({ symbol_a, symbol_b }) => addressOf(view, symbol_a, symbol_b)}
        onOpen={({ symbol_a, symbol_b }) => navigate(addressOf(view, symbol_a, symbol_b))}
      />
    </MatrixScope>
  );
}

/** All streaming pairs by p; a click or Enter shows the pair. */
export function MatrixPanel({ view }: PanelProps) {
  const matrix = useMatrix(view);
  const items = matrix.scan?.items ?? [];
  const byPair = new Map(items.map((row) => [pairKey(row), row]));
  return (
    <MatrixScope matrix={matrix}>
      <PairMatrix
        label="All pairs by p"
        symbols={matrix.scan?.symbols ?? []}
        cellOf={(a, b) => matrixCell("p_value", byPair.get(`${b}/${a}`) ?? byPair.get(`${a}/${b}`))}
        onOpen={(a, b) => navigate(addressOf(view, a, b))}
      />
    </MatrixScope>
  );
}

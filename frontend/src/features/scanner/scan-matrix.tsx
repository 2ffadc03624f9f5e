import { Download } from "lucide-react";
import { useMemo } from "react";
import type { ScannedPair } from "@/api/types";
import { PairMatrix } from "@/components/pair-matrix";
import { saveFile } from "@/components/save-file";
import { MEASURE_NAMES, MEASURES, type Measure, matrixCell } from "@/components/scan-measure";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { csvText } from "@/lib/csv";
import { pairKey } from "./scan-rows";

// More cells than that are neither read nor redrawn at every close.
const MOST_SYMBOLS = 40;

type Props = {
  symbols: readonly string[];
  rows: readonly ScannedPair[];
  measure: Measure;
  onMeasure: (measure: Measure) => void;
  onOpen: (a: string, b: string) => void;
};

/** The symbols of the pairs that come first, in the scan's own order. */
function shownSymbols(symbols: readonly string[], rows: readonly ScannedPair[]): readonly string[] {
  if (symbols.length <= MOST_SYMBOLS) return symbols;
  const chosen = new Set<string>();
  for (const { symbol_a, symbol_b } of rows) {
    for (const symbol of [symbol_a, symbol_b]) if (chosen.size < MOST_SYMBOLS) chosen.add(symbol);
  }
  return symbols.filter((symbol) => chosen.has(symbol));
}

function matrixCsv(symbols: readonly string[], measured: (a: string, b: string) => number | null): string {
  const rows = symbols.map((a) => [a, ...symbols.map((b) => measured(a, b))]);
  return csvText(["symbol", ...symbols], rows);
}

/** All pairs at a glance, coloured by one measure. */
export function ScanMatrix({ symbols, rows, measure, onMeasure, onOpen }: Props) {
  const shown = useMemo(() => shownSymbols(symbols, rows), [symbols, rows]);
  const byPair = useMemo(() => new Map(rows.map((row) => [pairKey(row), row])), [rows]);
  const rowOf = (a: string, b: string) => byPair.get(`${a}/${b}`) ?? byPair.get(`${b}/${a}`);
  const save = () =>
    saveFile(
      `matrix-${measure}.csv`,
      matrixCsv(shown, (a, b) => rowOf(a, b)?.[measure] ?? null),
    );
  return (
    <Panel
      title={
        shown.length < symbols.length
          ? `Matrix: ${shown.length} of ${symbols.length} symbols, those of the least p`
          : "Matrix"
      }
      actions={
        <>
          <Select
            small
            label="Measure of the matrix"
            value={measure}
            options={MEASURES.map((name) => ({ value: name, label: MEASURE_NAMES[name] }))}
            onChange={(name) => onMeasure(MEASURES.find((known) => known === name) ?? "p_value")}
          />
          <Button look="ghost" size="tool" aria-label="CSV of the matrix" title="CSV" onClick={save}>
            <Download aria-hidden className="size-3.5" />
          </Button>
        </>
      }
      className="flex-1"
    >
      <PairMatrix
        label={`All pairs by ${MEASURE_NAMES[measure]}`}
        symbols={shown}
        cellOf={(a, b) => matrixCell(measure, rowOf(a, b))}
        onOpen={onOpen}
      />
    </Panel>
  );
}

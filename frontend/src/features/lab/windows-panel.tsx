import type { PairLab } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { FigureText } from "@/components/ui/figure-text";
import { Panel } from "@/components/ui/panel";
import { ABSENT, fixed, pValue, range, significant } from "@/lib/format";
import { Absent, LabState, Note } from "./lab-panel";
import type { Lab } from "./use-lab";

type Row = PairLab["windows"][number];

const COLUMNS: Column<Row>[] = [
  { key: "window", label: "Bars", align: "left", cell: ({ window }) => fixed(window, 0) },
  {
    key: "beta",
    label: "β, OLS",
    cell: ({ beta, adf }) => (
      <FigureText field="beta" value={beta} format={(v) => significant(v, 5)} reason={adf.reason} />
    ),
  },
  {
    key: "statistic",
    label: "ADF t",
    title: "Of the residuals of the first leg on the second",
    cell: ({ adf }) => (
      <FigureText
        field="adf.statistic"
        value={adf.statistic}
        format={(v) => fixed(v, 2)}
        reason={adf.reason}
      />
    ),
  },
  {
    key: "critical",
    label: "5 %",
    title: "Critical value for estimated residuals: a t below it rejects the walk",
    cell: ({ adf }) => fixed(adf.critical_values?.["5%"] ?? null, 2),
  },
  {
    key: "p_value",
    label: "ADF p",
    cell: ({ adf }) => (
      <FigureText field="adf.p_value" value={adf.p_value} format={pValue} reason={adf.reason} />
    ),
  },
  {
    key: "pair_p",
    label: "Pair p",
    title: "Both directions counted",
    cell: ({ p_value, adf }) => (
      <FigureText field="p_value" value={p_value} format={pValue} reason={adf.reason} />
    ),
  },
  {
    key: "half_life",
    label: "Half-life, bars",
    cell: ({ half_life: { bars, low, high, reason } }) => (
      <>
        <FigureText field="half_life.bars" value={bars} format={(v) => fixed(v, 1)} reason={reason} />
        <span className="pl-1 text-label text-fg-3">{low === null ? ABSENT : range(low, high, 1)}</span>
      </>
    ),
  },
];

/** The unit-root test of the residuals by the length of the window. */
export function WindowsPanel({ lab, window }: { lab: Lab; window: number }) {
  const { data } = lab;
  return (
    <Panel title="ADF by window" className="h-68">
      <div className="flex h-full flex-col">
        <div className="relative min-h-0 flex-1">
          {!data && <LabState lab={lab} name="ADF by window" />}
          {data && data.windows.length === 0 && <Absent>the shortest window needs 30 bars</Absent>}
          {data && data.windows.length > 0 && (
            <DataTable
              label="Tests by window"
              columns={COLUMNS}
              rows={data.windows}
              rowKey={(row) => String(row.window)}
              rowProps={(row) => (row.window === window ? { className: "bg-raised" } : {})}
            />
          )}
        </div>
        <Note
          means="The same test on windows of other lengths that end at the same bar: a pair that belongs together passes in most of them."
          beware="the shortest windows find nothing even where there is something, and picking the best of several is a test of none."
        />
      </div>
    </Panel>
  );
}

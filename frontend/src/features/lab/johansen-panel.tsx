import type { PairLab } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Panel } from "@/components/ui/panel";
import { fixed, significant } from "@/lib/format";
import { Absent, LabState, Note } from "./lab-panel";
import type { Lab } from "./use-lab";
import { whyNot } from "./why-not";

type Johansen = PairLab["johansen"];
type Row = {
  rank: number;
  trace: number;
  traceAt: number | null;
  traceFound: number | null;
  largest: number;
  largestAt: number | null;
  largestFound: number | null;
};

function rowsOf(test: Johansen): Row[] {
  return test.trace.map((trace, rank) => ({
    rank,
    trace,
    traceAt: test.trace_critical_values["5%"]?.[rank] ?? null,
    traceFound: test.rank,
    largest: test.max_eigenvalue[rank] ?? 0,
    largestAt: test.max_eigenvalue_critical_values["5%"]?.[rank] ?? null,
    largestFound: test.rank_by_max_eigenvalue,
  }));
}

function Verdict({ rank, found, rejected }: { rank: number; found: number | null; rejected: boolean }) {
  // The nulls are asked in turn, until one stands.
  if (found !== null && rank > found) return <span className="text-fg-3">not asked</span>;
  return (
    <span className={rejected ? "text-ok" : "text-fg-2"}>
      <span aria-hidden>{rejected ? "● " : "○ "}</span>
      {rejected ? "rejected" : "stands"}
    </span>
  );
}

const COLUMNS: Column<Row>[] = [
  {
    key: "null",
    label: "Relations",
    align: "left",
    cell: ({ rank }) => (rank === 0 ? "none" : `at most ${rank}`),
  },
  { key: "trace", label: "Trace", cell: ({ trace }) => fixed(trace, 2) },
  { key: "trace_at", label: "5 %", cell: ({ traceAt }) => fixed(traceAt, 2) },
  {
    key: "trace_verdict",
    label: "Null",
    align: "left",
    cell: ({ rank, traceFound }) => <Verdict rank={rank} found={traceFound} rejected={rank !== traceFound} />,
  },
  { key: "largest", label: "Max eigenvalue", cell: ({ largest }) => fixed(largest, 2) },
  { key: "largest_at", label: "5 %", cell: ({ largestAt }) => fixed(largestAt, 2) },
  {
    key: "largest_verdict",
    label: "Null",
    align: "left",
    cell: ({ rank, largestFound }) => (
      <Verdict rank={rank} found={largestFound} rejected={rank !== largestFound} />
    ),
  },
];

const RANKS = [
  "No relation is shown: the legs cannot be told from two walks of their own.",
  "One relation ties the legs together: they are cointegrated.",
  "Two relations: each leg returns by itself, so that there is no walk to share.",
];

function Found({ test }: { test: Johansen }) {
  return (
    <>
      <DataTable
        label="Johansen’s tests"
        columns={COLUMNS}
        rows={rowsOf(test)}
        rowKey={({ rank }) => String(rank)}
      />
      <p className="px-2 py-1.5" data-field="rank" data-value={String(test.rank)}>
        {test.rank !== null && RANKS[test.rank]}{" "}
        <span className="text-fg-2">
          Its β is {significant(test.beta, 5)}, on {test.n} rows with {test.lags} lagged step.
        </span>
      </p>
    </>
  );
}

/** Johansen's trace and maximum-eigenvalue tests of the two legs. */
export function JohansenPanel({ lab }: { lab: Lab }) {
  const test = lab.data?.johansen ?? null;
  const missing = test && whyNot(test);
  return (
    <Panel title="Johansen" className="h-68">
      <div className="flex h-full flex-col">
        <div className="relative min-h-0 flex-1">
          {!test && <LabState lab={lab} name="Johansen’s tests" />}
          {test && (missing === null ? <Found test={test} /> : <Absent>{missing ?? ""}</Absent>)}
        </div>
        <Note
          means="Treats both legs alike, so it does not matter which is hedged with which; a statistic above its 5 % value rejects."
          beware="for walks that do not drift the trace test finds a relation twice as often as it says; the largest eigenvalue is nearer."
        />
      </div>
    </Panel>
  );
}

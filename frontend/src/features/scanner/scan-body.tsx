import type { ReactNode } from "react";
import { useStart } from "@/api/queries";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { Tabs } from "@/components/ui/tabs";
import { useNarrow } from "@/components/use-narrow";
import { count } from "@/lib/format";
import { navigate } from "@/stores/location";
import { ScanMatrix } from "./scan-matrix";
import { labAddress, type ScanView } from "./scan-state";
import { ScanSummary } from "./scan-summary";
import { ScanTable } from "./scan-table";
import type { Scan } from "./use-scan";

type Props = {
  view: ScanView;
  scan: Scan;
  streaming: readonly string[];
  /** Whether the server has said what streams. */
  known: boolean;
  change: (part: Partial<ScanView>) => void;
  /** What stands still steps back, but for the matrix: on its colours fainter text could not be read. */
  dimmed: boolean;
};

function Waiting({ children, matrix }: { children: ReactNode; matrix?: ReactNode }) {
  return (
    <div className="grid min-h-72 flex-1 gap-1 lg:grid-cols-[minmax(0,1fr)_minmax(0,24rem)] *:flex-1">
      <Panel title="Pairs">{children}</Panel>
      <Panel title="Matrix" className="max-lg:hidden">
        {matrix ?? <Skeleton label="Waiting for the scan" />}
      </Panel>
    </div>
  );
}

function NothingToPair() {
  const { mutate, isPending, error, reset } = useStart();
  const start = () => mutate({});
  return (
    <>
      <Notice
        actions={
          <Button look="primary" needs="operator" disabled={isPending} onClick={start}>
            Start the default symbols
          </Button>
        }
      >
        A scan pairs the symbols that stream: at least two have to.
      </Notice>
      {error && <Failure error={error} onRetry={start} onDismiss={reset} />}
    </>
  );
}

/** The table and the matrix of a scan, or why there is none. */
export function ScanBody({ view, scan, streaming, known, change, dimmed }: Props) {
  const narrow = useNarrow();
  const { data, error, warming, refresh } = scan;
  if (known && view.symbols.length === 0 && streaming.length < 2) return <NothingToPair />;
  const failure = error && <Failure error={error} onRetry={refresh} />;
  if (failure && !data) return failure;
  if (warming) {
    return (
      <Waiting matrix={<p className="p-3 text-fg-2">It fills with the table.</p>}>
        <p role="status" className="p-3 text-fg-2">
          Warming up: {count(warming.have)} of {count(warming.need)} bars. A shorter window needs fewer.
        </p>
      </Waiting>
    );
  }
  if (!data) {
    return (
      <Waiting>
        <Skeleton label="Testing all pairs" />
      </Waiting>
    );
  }
  const open = (a: string, b: string) => navigate(labAddress(view, a, b));
  const step = dimmed ? "dimmed" : "";
  const table = <ScanTable scan={data} view={view} onSort={(sort) => change({ sort })} onOpen={open} />;
  const matrix = (
    <ScanMatrix
      symbols={data.symbols}
      rows={data.items}
      measure={view.measure}
      onMeasure={(measure) => change({ measure })}
      onOpen={open}
    />
  );
  return (
    <div
      data-testid="scan"
      data-topic={scan.topic ?? undefined}
      data-seq={data.seq ?? undefined}
      className="flex min-h-0 flex-1 flex-col gap-1"
    >
      {failure}
      <div className={step}>
        <ScanSummary scan={data} />
      </div>
      {narrow ? (
        <section aria-label="Table or matrix" className="flex h-128 flex-col">
          <Tabs
            label="Table or matrix"
            tabs={[
              { key: "table", title: "Table", content: <div className={`flex h-full ${step}`}>{table}</div> },
              { key: "matrix", title: "Matrix", content: <div className="flex h-full">{matrix}</div> },
            ]}
          />
        </section>
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(0,24rem)] gap-1 *:min-h-0">
          <div className={`flex ${step}`}>{table}</div>
          <div className="flex">{matrix}</div>
        </div>
      )}
    </div>
  );
}

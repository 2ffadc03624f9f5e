import { useState } from "react";
import { ChartActions, type Opening } from "@/charts/chart-actions";
import { tableCsv } from "@/charts/table";
import { readTheme } from "@/charts/theme";
import { lazily } from "@/components/lazily";
import { saveFile } from "@/components/save-file";
import { Select } from "@/components/ui/select";
import { count } from "@/lib/format";
import { usePreferences } from "@/stores/preferences";
import {
  type Bucket,
  bucketsOf,
  delaysOf,
  latencyFigure,
  latencySays,
  latencyTable,
  msText,
  spanText,
} from "./latency";
import { LatencyBars } from "./latency-bars";
import { LoadPanel } from "./load-panel";
import type { Load } from "./use-system";

const ChartDialog = lazily(() => import("@/charts/chart-dialog").then((module) => module.ChartDialog));
const TITLE = "Feed latency";
const ALL = "all";

function Within({ name, field, ms }: { name: string; field: string; ms: number | null }) {
  return (
    <div>
      <dt className="text-label text-fg-2">{name}</dt>
      <dd className="font-medium" data-field={field}>
        {msText(ms)}
      </dd>
    </div>
  );
}

type DialogProps = {
  buckets: readonly Bucket[];
  of: string;
  description: string;
  fileName: string;
  opening: Opening;
  onClose: () => void;
};

function LatencyDialog({ buckets, of, description, fileName, opening, onClose }: DialogProps) {
  const zone = usePreferences((preferences) => preferences.zone);
  return (
    <ChartDialog
      title={`${TITLE}: ${of}`}
      description={description}
      figure={latencyFigure(buckets, { theme: readTheme(), compact: false })}
      table={latencyTable(buckets)}
      zone={zone}
      fileName={fileName}
      opening={opening}
      onClose={onClose}
    />
  );
}

/** How late trades come, of all symbols together or of one: a histogram, and what it says in words. */
export function LatencyPanel({ load }: { load: Load }) {
  const [chosen, setChosen] = useState(ALL);
  const [opening, setOpening] = useState<Opening | null>(null);
  const latency = load.data?.latency ?? null;
  const symbol = latency?.symbols.find((each) => each.symbol === chosen)?.symbol ?? null;
  const delays = latency && delaysOf(latency, symbol);
  const buckets = latency && delays ? bucketsOf(latency.bounds_ms, delays) : [];
  const fileName = `feed-latency-${load.data?.market}-${symbol ?? ALL}`;
  return (
    <LoadPanel
      title={TITLE}
      load={load}
      className="max-lg:h-60 lg:h-full lg:flex-1"
      actions={() =>
        latency?.status === "ok" && (
          <>
            <Select
              small
              label="Latency of"
              value={symbol ?? ALL}
              options={[
                { value: ALL, label: "All symbols" },
                ...latency.symbols.map((each) => ({ value: each.symbol, label: each.symbol })),
              ]}
              onChange={setChosen}
            />
            <ChartActions
              name={TITLE}
              onOpen={setOpening}
              onCsv={() => saveFile(`${fileName}.csv`, tableCsv(latencyTable(buckets)))}
            />
          </>
        )
      }
    >
      {() =>
        latency?.status === "ok" && delays ? (
          <div className="flex h-full flex-col">
            <dl
              className="grid grid-cols-4 gap-x-2 px-2 pt-1.5"
              title="At least so many of the trades came by at most that late"
            >
              <Within name="half within" field="p50_ms" ms={delays.p50_ms} />
              <Within name="95 % within" field="p95_ms" ms={delays.p95_ms} />
              <Within name="99 % within" field="p99_ms" ms={delays.p99_ms} />
              <Within name="the latest" field="max_ms" ms={delays.max_ms} />
            </dl>
            <div className="min-h-0 flex-1">
              <LatencyBars buckets={buckets} label={latencySays(delays)} />
            </div>
            <p className="px-2 pb-1 text-label text-fg-2">
              % of <span data-field="latency_trades">{count(delays.trades)}</span> trades by ms from the
              exchange to us; {spanText(latency)}
            </p>
            {opening && (
              <LatencyDialog
                buckets={buckets}
                of={symbol ?? "all symbols"}
                description={`${latencySays(delays)}; ${spanText(latency)}`}
                fileName={fileName}
                opening={opening}
                onClose={() => setOpening(null)}
              />
            )}
          </div>
        ) : (
          <p className="p-3 text-fg-2">No latency: {latency?.reason}.</p>
        )
      }
    </LoadPanel>
  );
}

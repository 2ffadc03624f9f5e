import { useQueries } from "@tanstack/react-query";
import { storedQuery } from "@/api/queries";
import type { ClientConfig, StreamStatus } from "@/api/types";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { bytes, count, type TimeZone, timeSpan } from "@/lib/format";
import { lastAddress, navigate, useSearch } from "@/stores/location";
import { ExportForm } from "./export-form";
import {
  bytesOf,
  type ExportRequest,
  exportPath,
  parseRequest,
  requestAddress,
  rowsOf,
  spanOf,
} from "./export-request";
import { type Download, useDownload } from "./use-download";

const NOTES: Record<ExportRequest["what"], string> = {
  pair: "A row for each closed bar that both legs have; an empty cell is a number that could not be computed.",
  bars: "The last bar may still be forming: its “closed” is false.",
  trades: "A row for each trade, by rising id; “side” is the aggressor's.",
};

// Two lines on a phone, whatever it says: what is below stays where it is.
const ESTIMATE = "min-h-[2lh] sm:min-h-[1lh]";

type EstimateProps = { request: ExportRequest; status: StreamStatus; zone: TimeZone };

/** What the file will hold, before it is asked for. */
function Estimate({ request, status, zone }: EstimateProps) {
  const symbols = request.what === "pair" ? [request.a, request.b] : [request.a];
  const queries = useQueries({ queries: symbols.map((symbol) => storedQuery(status.market, symbol)) });
  const failed = queries.find(({ error }) => error !== null);
  if (failed?.error) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  const stored = queries.map(({ data }) => data?.items);
  const known = stored.filter((items) => items !== undefined);
  if (known.length < stored.length) return <p className={`${ESTIMATE} text-fg-2`}>Looking what there is…</p>;
  const span = spanOf(request, known);
  if (span === null)
    return (
      <p className={`${ESTIMATE} text-warn`}>Nothing of this is stored in {status.market} in this range.</p>
    );
  const rate = status.symbols.find(({ symbol }) => symbol === request.a)?.rate ?? null;
  const rows = rowsOf(request, span, rate === 0 ? null : rate);
  return (
    <p className={`${ESTIMATE} text-fg-2`} data-testid="estimate" data-rows={rows ?? "unknown"}>
      {timeSpan(span.from, span.to, "full", zone)}:{" "}
      {rows === null
        ? "how many rows is known when they are read."
        : `about ${count(rows)} rows, ${bytes(bytesOf(request, rows))}.`}
    </p>
  );
}

function Progress({ download, onCancel }: { download: Download; onCancel: () => void }) {
  switch (download.phase) {
    case "idle":
      return null;
    case "running":
      return (
        <p role="status" className="flex flex-wrap items-center gap-2">
          <span>
            {download.received === 0 ? "The server makes the file…" : `${bytes(download.received)} received…`}
          </span>
          <Button onClick={onCancel}>Cancel</Button>
        </p>
      );
    case "done":
      return (
        <p role="status" className="min-w-0 break-words text-ok">
          {download.name}, {bytes(download.size)}, is in your downloads.
        </p>
      );
    case "failed":
      return <Failure error={download.error} />;
  }
}

type Props = { config: ClientConfig; status: StreamStatus; symbols: readonly string[]; zone: TimeZone };

/** Choose what, see how much it is, get the file. */
export function ExportPanel({ config, status, symbols, zone }: Props) {
  const streaming = status.symbols.map(({ symbol }) => symbol);
  // What the Monitor showed last is what somebody comes for.
  const monitored = new URLSearchParams(lastAddress("/").slice(2));
  const shown = [monitored.get("a"), monitored.get("b")].filter(
    (leg) => leg !== null && symbols.includes(leg),
  );
  const offered = new Set([...shown.filter((leg) => leg !== null), ...streaming, ...symbols]);
  const request = parseRequest(useSearch(), config, [...offered]);
  const { download, start, forget, cancel } = useDownload();
  const { from, to } = request;
  const impossible = from !== null && to !== null && to <= from;
  return (
    <Panel title="Export">
      <form
        className="flex flex-col gap-3 p-3"
        onSubmit={(event) => {
          event.preventDefault();
          // The request is still the one before it.
          const wrong = event.currentTarget.querySelector<HTMLElement>("[aria-invalid=true]");
          if (wrong) wrong.focus();
          else void start(exportPath(request));
        }}
      >
        <ExportForm
          request={request}
          config={config}
          symbols={symbols}
          zone={zone}
          onChange={(part) => {
            forget();
            navigate(requestAddress({ ...request, ...part }), "replace");
          }}
        />
        <Estimate request={request} status={status} zone={zone} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" disabled={download.phase === "running" || impossible}>
            Download
          </Button>
          <Progress download={download} onCancel={cancel} />
        </div>
        <p className="text-label text-fg-2">Oldest first, times in UTC. {NOTES[request.what]}</p>
      </form>
    </Panel>
  );
}

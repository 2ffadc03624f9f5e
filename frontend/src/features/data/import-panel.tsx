import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { sendFile } from "@/api/http";
import { importedQuery, jobsQuery } from "@/api/queries";
import type { JobStatus } from "@/api/types";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { bytes } from "@/lib/format";
import { Field } from "./field";
import { JobLines } from "./job-lines";

type Upload = { file: File; market: string; symbol: string; interval: string };

function importPath({ file, market, symbol, interval }: Upload): string {
  const query = new URLSearchParams({ name: file.name, market });
  if (symbol.trim()) query.set("symbol", symbol.trim());
  if (interval.trim()) query.set("interval", interval.trim());
  return `/import?${query}`;
}

function useUpload() {
  const client = useQueryClient();
  const [sent, setSent] = useState(0);
  const running = useRef<AbortController | null>(null);
  const upload = useMutation({
    mutationFn: (wanted: Upload) => {
      const controller = new AbortController();
      running.current = controller;
      setSent(0);
      return sendFile<JobStatus>(importPath(wanted), wanted.file, controller.signal, setSent);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: jobsQuery.queryKey }),
  });
  return { upload, sent, cancel: () => running.current?.abort() };
}

/** Send files of trades or bars, and follow how they are read. */
export function ImportPanel() {
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [market, setMarket] = useState("binance-um");
  const [symbol, setSymbol] = useState("");
  const [interval, setInterval] = useState("");
  const { upload, sent, cancel } = useUpload();
  const id = useId();
  const cancelled = upload.error instanceof DOMException && upload.error.name === "AbortError";
  return (
    <Panel title="Import">
      <form
        className="flex flex-col gap-3 p-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (file) upload.mutate({ file, market, symbol, interval });
        }}
      >
        <div className="flex min-w-0 flex-col gap-0.5">
          <label htmlFor={id} className="text-label text-fg-2">
            File of data.binance.vision, or bars as CSV, Parquet or Feather
          </label>
          <input
            id={id}
            type="file"
            accept=".zip,.gz,.csv,.parquet,.feather"
            onChange={({ target }) => setFile(target.files?.[0] ?? null)}
            className="min-h-7 min-w-0 max-w-full file:mr-2 file:h-7 file:rounded-base file:border file:border-control file:bg-card file:px-2.5 file:text-fg"
          />
        </div>
        <div className="grid grid-cols-1 gap-2 sm:grid-cols-3">
          <Field label="Market" value={market} onChange={({ target }) => setMarket(target.value)} required />
          <Field
            label="Symbol"
            placeholder="from the name"
            value={symbol}
            onChange={({ target }) => setSymbol(target.value)}
          />
          <Field
            label="Interval of bars"
            placeholder="from the name"
            value={interval}
            onChange={({ target }) => setInterval(target.value)}
          />
        </div>
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" needs="operator" disabled={file === null || upload.isPending}>
            Import
          </Button>
          {upload.isPending && file && (
            <>
              <progress aria-label="Sent" value={sent} max={file.size} className="h-2 w-40 accent-primary" />
              <span role="status">
                {bytes(sent)} of {bytes(file.size)} sent
              </span>
              <Button onClick={cancel}>Cancel</Button>
            </>
          )}
        </div>
        {upload.error && !cancelled && <Failure error={upload.error} />}
      </form>
      <JobLines onEnded={() => void client.invalidateQueries({ queryKey: importedQuery.queryKey })} />
    </Panel>
  );
}

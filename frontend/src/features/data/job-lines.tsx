import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { jobsQuery } from "@/api/queries";
import type { JobStatus } from "@/api/types";
import { Failure } from "@/components/failure";
import { bytes, count } from "@/lib/format";
import { plural } from "@/lib/words";

const TONES: Record<JobStatus["state"], string> = {
  waiting: "text-fg-2",
  running: "text-fg",
  done: "text-ok",
  failed: "text-crit",
  stopped: "text-warn",
};
const GOES_ON: readonly JobStatus["state"][] = ["waiting", "running"];

function share(job: JobStatus): { value: number; max: number } {
  if (job.days_total > 0) return { value: job.days_done, max: job.days_total };
  return { value: job.bytes_done, max: Math.max(job.bytes_total, 1) };
}

function Line({ job }: { job: JobStatus }) {
  const goesOn = GOES_ON.includes(job.state);
  const missing = job.files.reduce((sum, file) => sum + file.missing, 0);
  return (
    <li className="flex min-w-0 flex-col gap-1 border-t border-line px-3 py-1.5" data-state={job.state}>
      <div className="flex flex-wrap items-center gap-x-3">
        <span className="min-w-0 break-all font-medium">{job.title}</span>
        <span className={TONES[job.state]}>{job.state}</span>
        <span className="text-fg-2">
          {goesOn && job.phase
            ? job.phase
            : plural(job.rows, "row").replace(String(job.rows), count(job.rows))}
          {!goesOn && missing > 0 && `, ${count(missing)} missing`}
        </span>
      </div>
      {goesOn && (
        <div className="flex items-center gap-3 text-label text-fg-2">
          <progress
            aria-label={`Progress of ${job.title}`}
            className="h-2 w-40 accent-primary"
            {...share(job)}
          />
          {job.days_total > 0
            ? `${job.days_done} of ${plural(job.days_total, "day")}`
            : `${bytes(job.bytes_done)} of ${bytes(job.bytes_total)}`}
        </div>
      )}
      {job.errors.map((error) => (
        <p key={error} role="alert" className="break-words text-crit">
          {error}
        </p>
      ))}
    </li>
  );
}

/** The imports since the server's start; tells when one that went on has ended. */
export function JobLines({ onEnded }: { onEnded: () => void }) {
  const jobs = useQuery(jobsQuery);
  const before = useRef(0);
  const running = jobs.data?.items.filter(({ state }) => GOES_ON.includes(state)).length ?? 0;
  useEffect(() => {
    if (running < before.current) onEnded();
    before.current = running;
  }, [running, onEnded]);
  if (jobs.error) return <Failure error={jobs.error} onRetry={() => void jobs.refetch()} />;
  if (!jobs.data || jobs.data.items.length === 0) return null;
  return (
    <ul aria-label="Imports" className="max-h-40 overflow-y-auto">
      {jobs.data.items.map((job) => (
        <Line key={job.id} job={job} />
      ))}
    </ul>
  );
}

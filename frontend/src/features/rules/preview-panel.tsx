import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import { ApiError } from "@/api/http";
import type { AlertPreview } from "@/api/types";
import { Failure } from "@/components/failure";
import { saveFile } from "@/components/save-file";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { duration, fixed, timeSpan } from "@/lib/format";
import { plural } from "@/lib/words";
import { usePreferences } from "@/stores/preferences";
import type { ConditionDraft, RuleDraft } from "./draft";
import { METRIC_SPECS } from "./metric-specs";
import { PreviewChart } from "./preview-chart";
import { previewPane } from "./preview-pane";
import { firingsCsv, summaryOf } from "./preview-summary";
import { Afterwards, Firings } from "./preview-tables";
import { leadOf } from "./tree";
import { usePreview } from "./use-preview";

// In bars of the shortest interval: each costs the server a fit.
const SPANS = [
  { value: "1500", label: "1,500 bars" },
  { value: "5000", label: "5,000 bars" },
  { value: "20000", label: "20,000 bars" },
];

/** `zscore:A-B:1m:60:ols:level: warming up` names what the form says already. */
function withoutTopic(because: string | null): string {
  return (because ?? "").replace(/^\S*:\s/, "");
}

type Props = { draft: RuleDraft; isSound: boolean; shortest: string };

function Summary({ preview }: { preview: AlertPreview }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const { count, span, every, share, median } = summaryOf(preview);
  const from = timeSpan(preview.start, preview.end, "stamp", zone);
  return (
    <div className="px-2 py-1.5">
      <p data-testid="preview-summary" data-count={count}>
        {count === 0 ? (
          <strong>Would not have fired</strong>
        ) : (
          <>
            Would have fired <strong>{plural(count, "time")}</strong>
          </>
        )}{" "}
        in {duration(span)}
        {count > 0 && (
          <>
            : once in {duration(every)}, firing {fixed(100 * share, 1)} % of the time, {duration(median)} in
            the median
          </>
        )}
        .
      </p>
      <p className="text-label text-fg-2">
        {from}
        {preview.suspended_s > 0 && (
          <>
            . Not looked at for {duration(preview.suspended_s)}, last since{" "}
            {withoutTopic(preview.suspended_because)}
          </>
        )}
      </p>
    </div>
  );
}

type ChartProps = { lead: ConditionDraft; rearm: string; preview: AlertPreview; shortest: string };

function Chart({ lead, rearm, preview, shortest }: ChartProps) {
  const { series, firings } = preview;
  const pane = useMemo(() => previewPane(series, rearm, firings), [series, rearm, firings]);
  const { of, interval: needs } = METRIC_SPECS[lead.metric];
  const interval = needs === "no" ? shortest : lead.interval || shortest;
  const subject = of === "pair" ? `${lead.a}-${lead.b}` : lead.symbol;
  const key = `${series.metric} ${subject} ${interval}`;
  return <PreviewChart key={key} pane={pane} interval={interval} subject={subject} />;
}

/** What the rule would have done: how often, how long, and what z did afterwards. */
export function PreviewPanel({ draft, isSound, shortest }: Props) {
  const [bars, setBars] = useState(SPANS[0]?.value ?? "1500");
  const { preview, error, isOld, isAsking, waits, ask } = usePreview(draft, isSound, Number(bars));
  const lead = leadOf(draft.when);
  const isShort = error instanceof ApiError && error.status === 409;
  const body = () => {
    if (error && !isShort) return <Failure error={error} onRetry={ask} />;
    if (isShort) return <p className="p-2 text-fg-2">Nothing to look back on yet: {error.message}.</p>;
    if (preview) return null;
    if (!isSound)
      return <p className="p-2 text-fg-2">Once every field is right, the past is gone through here.</p>;
    if (waits) {
      return (
        <p className="p-2 text-fg-2">
          A condition that looks between closes has every tenth of a second of three hours gone through.
        </p>
      );
    }
    return (
      <div className="relative h-24">
        <Skeleton label="Going through the past…" />
      </div>
    );
  };
  return (
    <Panel
      title="What it would have done"
      className="lg:min-h-0"
      actions={
        <>
          <span role="status" className="text-label text-fg-2">
            {isAsking ? "Asking…" : isOld && preview ? "Before the last change" : ""}
          </span>
          <select
            aria-label="How far back"
            value={bars}
            onChange={({ target }) => setBars(target.value)}
            className="h-6 rounded-base border border-control bg-card text-label"
          >
            {SPANS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          {preview && (
            <Button
              look="ghost"
              size="tool"
              aria-label="CSV of the firings"
              title="CSV of the firings"
              onClick={() => saveFile("alert-preview.csv", firingsCsv(preview))}
            >
              <Download aria-hidden className="size-3.5" />
            </Button>
          )}
          <Button look="ghost" size="small" disabled={!isSound || isAsking} onClick={ask}>
            Preview
          </Button>
        </>
      }
    >
      <div className="flex flex-col lg:absolute lg:inset-0 lg:overflow-auto">
        {body()}
        {preview && (
          <div data-testid="preview" data-old={isOld}>
            <Summary preview={preview} />
            {lead && preview.series.time.length > 0 && (
              <Chart lead={lead} rearm={draft.rearm} preview={preview} shortest={shortest} />
            )}
            <Afterwards preview={preview} />
            <Firings preview={preview} />
          </div>
        )}
      </div>
    </Panel>
  );
}

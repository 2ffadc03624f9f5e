import { Check, Download } from "lucide-react";
import { useMemo, useState } from "react";
import type { AlertEvent, AlertRule } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Failure } from "@/components/failure";
import { saveFile } from "@/components/save-file";
import { SeverityMark } from "@/components/severity";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { eventText } from "@/lib/alert-words";
import { cellTime, duration, type TimeZone, zoneHead } from "@/lib/format";
import { acknowledgeEvent, useAlerts } from "@/stores/alerts";
import { usePreferences } from "@/stores/preferences";
import { say } from "@/stores/toasts";
import { eventsCsv, eventsFor } from "./history-csv";
import { eventFilter, fits, type HistoryFilter, mergedEvents } from "./history-filter";
import type { HistoryPages } from "./use-history";

const SEVERITIES = [
  { value: "", label: "Any severity" },
  { value: "info", label: "Info" },
  { value: "warning", label: "Warning" },
  { value: "critical", label: "Critical" },
];
const SEEN = [
  { value: "", label: "All" },
  { value: "no", label: "Not acknowledged" },
  { value: "yes", label: "Acknowledged" },
  { value: "firing", label: "Firing now" },
];

function Acknowledge({ event }: { event: AlertEvent }) {
  const isSeen = event.acknowledged_at !== null;
  return (
    <Button
      look={isSeen ? "ghost" : "plain"}
      size="small"
      className="w-28"
      needs="operator"
      aria-label={`${isSeen ? "Acknowledged" : "Acknowledge"}: ${event.rule.name}`}
      aria-pressed={isSeen}
      onClick={() => acknowledgeEvent(event.id, !isSeen)}
    >
      {isSeen && <Check aria-hidden className="size-3.5" />}
      {isSeen ? "Acknowledged" : "Acknowledge"}
    </Button>
  );
}

function columnsOf(zone: TimeZone, onOpen: (id: string) => void): Column<AlertEvent>[] {
  return [
    {
      key: "time",
      label: `Fired, ${zoneHead(zone)}`,
      align: "left",
      cell: (event) => (
        <button
          type="button"
          data-event={event.id}
          onClick={() => onOpen(event.id)}
          title="Explain"
          className="min-h-6 text-leg-a underline-offset-2 hover:underline"
        >
          {cellTime(event.time, "stamp", zone)}
        </button>
      ),
    },
    {
      key: "severity",
      label: "Severity",
      align: "left",
      cell: ({ severity }) => <SeverityMark severity={severity} />,
    },
    {
      key: "rule",
      label: "Rule",
      align: "left",
      cell: ({ rule }) => (
        <span className="block max-w-64 truncate" title={rule.name}>
          {rule.name}
        </span>
      ),
    },
    {
      key: "reason",
      label: "Because",
      align: "left",
      cell: (event) => (
        <span className="block max-w-120 truncate text-fg-2" title={event.reason}>
          {eventText(event)}
        </span>
      ),
    },
    {
      key: "lasted",
      label: "Lasted",
      cell: ({ time: from, ended_at, ended_because }) =>
        ended_at === null ? (
          <span className="text-warn">firing</span>
        ) : (
          <span title={ended_because ?? undefined}>{duration((ended_at - from) / 1000)}</span>
        ),
    },
    { key: "seen", label: "Seen", cell: (event) => <Acknowledge event={event} /> },
  ];
}

type Props = {
  market: string;
  filter: HistoryFilter;
  pages: HistoryPages;
  rules: readonly AlertRule[];
  onFilter: (filter: HistoryFilter) => void;
  onOpen: (id: string) => void;
};

function Filters({ filter, rules, onFilter }: Pick<Props, "filter" | "rules" | "onFilter">) {
  const known = rules.map(({ id, name }) => ({ value: id, label: name.slice(0, 40) }));
  const gone = filter.rule && !rules.some(({ id }) => id === filter.rule);
  const choices = [
    { value: "", label: "Any rule" },
    ...(gone ? [{ value: filter.rule, label: `Deleted rule ${filter.rule}` }] : []),
    ...known,
  ];
  return (
    <>
      <Select
        label="Severity"
        value={filter.severity}
        options={SEVERITIES}
        onChange={(severity) => onFilter({ ...filter, severity })}
      />
      <div className="max-w-48 overflow-hidden *:min-w-0 [&_select]:w-full">
        <Select
          label="Rule"
          value={filter.rule}
          options={choices}
          onChange={(rule) => onFilter({ ...filter, rule })}
        />
      </div>
      <Select
        label="Seen"
        value={filter.seen}
        options={SEEN}
        onChange={(seen) => onFilter({ ...filter, seen })}
      />
    </>
  );
}

/** What fired, newest first: what the topic tells and, page by page, the server's past. */
export function HistoryPanel({ market, filter, pages, rules, onFilter, onOpen }: Props) {
  const zone = usePreferences((preferences) => preferences.zone);
  const { events: told, seq } = useAlerts();
  const [isSaving, setSaving] = useState(false);
  const asked = eventFilter(market, filter);
  const events = useMemo(
    () => mergedEvents(pages.data?.pages.flatMap(({ items }) => items) ?? [], told, filter),
    [pages.data, told, filter],
  );
  const columns = useMemo(() => columnsOf(zone, onOpen), [zone, onOpen]);
  const save = () => {
    setSaving(true);
    eventsFor(asked)
      .then((all) => saveFile(`alerts-${market}.csv`, eventsCsv(all.filter((event) => fits(event, filter)))))
      .catch((error: Error) =>
        say({ id: "history-csv", tone: "critical", title: "No file", detail: error.message }),
      )
      .finally(() => setSaving(false));
  };
  const isFiltered = filter.severity !== "" || filter.rule !== "" || filter.seen !== "";
  const body = () => {
    if (pages.error && events.length === 0)
      return <Failure error={pages.error} onRetry={() => void pages.refetch()} />;
    if (pages.isPending && events.length === 0) return <Skeleton label="Asking for the history…" />;
    if (events.length === 0) {
      return (
        <p className="p-3 text-fg-2">
          {isFiltered ? "No event fits the filter." : "No rule has fired on this market yet."}
        </p>
      );
    }
    return <DataTable label="History" columns={columns} rows={events} rowKey={({ id }) => id} />;
  };
  return (
    <div data-topic="alerts" data-seq={seq} className="flex min-h-0 flex-1 flex-col lg:absolute lg:inset-0">
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 border-b border-line p-1">
        <Filters filter={filter} rules={rules} onFilter={onFilter} />
        <Button
          look="ghost"
          size="small"
          className="ml-auto"
          disabled={isSaving}
          aria-label="CSV of the history"
          onClick={save}
        >
          <Download aria-hidden className="size-3.5" /> CSV
        </Button>
      </div>
      <div className="relative min-h-24 flex-1 overflow-hidden max-lg:max-h-96">{body()}</div>
      {pages.hasNextPage && (
        <div className="shrink-0 border-t border-line p-1 text-center">
          <Button size="small" disabled={pages.isFetching} onClick={() => void pages.fetchNextPage()}>
            Older events
          </Button>
        </div>
      )}
    </div>
  );
}

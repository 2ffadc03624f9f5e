import { useQuery } from "@tanstack/react-query";
import { deadLettersQuery, useRetryDelivery } from "@/api/alerts";
import type { AlertDelivery } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { cellTime, count, type TimeZone, zoneHead } from "@/lib/format";
import { usePreferences } from "@/stores/preferences";
import { say } from "@/stores/toasts";

function columnsOf(
  zone: TimeZone,
  busy: number | null,
  onRetry: (id: number) => void,
): Column<AlertDelivery>[] {
  return [
    {
      key: "updated_at",
      label: `Given up, ${zoneHead(zone)}`,
      align: "left",
      cell: ({ updated_at }) => cellTime(updated_at, "stamp", zone),
    },
    { key: "channel", label: "Channel", align: "left", cell: ({ channel }) => channel },
    { key: "name", label: "Rule", align: "left", cell: ({ name }) => name },
    { key: "attempts", label: "Attempts", cell: ({ attempts }) => count(attempts) },
    {
      key: "error",
      label: "Last answer",
      align: "left",
      cell: ({ error }) => (
        <span className="block max-w-120 truncate text-warn" title={error}>
          {error}
        </span>
      ),
    },
    {
      key: "retry",
      label: "Again",
      cell: ({ id, channel }) => (
        <Button
          size="small"
          needs="operator"
          disabled={busy === id}
          aria-label={`Send again to ${channel}`}
          onClick={() => onRetry(id)}
        >
          Send again
        </Button>
      ),
    },
  ];
}

/** Messages that no receiver took, and a way to send them again. */
export function DeadLettersPanel() {
  const zone = usePreferences((preferences) => preferences.zone);
  const letters = useQuery(deadLettersQuery);
  const retry = useRetryDelivery();
  const again = (id: number) =>
    retry.mutate(id, {
      onSuccess: () =>
        say({ id: `retry-${id}`, tone: "ok", title: "Sent again; if it fails, it comes back here" }),
      onError: (error) =>
        say({ id: `retry-${id}`, tone: "critical", title: "Not sent", detail: error.message }),
    });
  if (letters.error && !letters.data)
    return <Failure error={letters.error} onRetry={() => void letters.refetch()} />;
  if (!letters.data) return <Skeleton label="Asking for what was not delivered…" />;
  if (letters.data.items.length === 0)
    return <p className="p-3 text-fg-2">Every message was delivered, or is still on its way.</p>;
  const busy = retry.isPending ? retry.variables : null;
  return (
    <DataTable
      label="Not delivered"
      columns={columnsOf(zone, busy, again)}
      rows={letters.data.items}
      rowKey={({ id }) => String(id)}
    />
  );
}

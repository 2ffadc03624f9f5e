import { Plus } from "lucide-react";
import { AlertList } from "@/components/alert-list";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { acknowledgeEvent, useAlerts, useUnread } from "@/stores/alerts";
import { alerts } from "@/stores/link";
import { navigate } from "@/stores/location";
import { usePreferences } from "@/stores/preferences";
import type { PanelProps } from "./panel-props";
import type { PairView } from "./view-state";

const MOST_SHOWN = 50;

/** The address of a new rule about what the Monitor shows. */
function newRuleAddress({ a, b, interval, method, window, scale, entry }: PairView): string {
  const query = new URLSearchParams({
    new: "1",
    a,
    b,
    tf: interval,
    m: method,
    w: String(window),
    s: scale,
    z: String(entry),
  });
  return `/rules?${query}`;
}

function Content() {
  const { events, phase, problem } = useAlerts();
  const unread = useUnread();
  const zone = usePreferences((preferences) => preferences.zone);
  if (problem) return <Failure error={problem} onRetry={() => alerts.retry()} />;
  if (phase === "loading") return <Skeleton label="Asking for the newest alerts…" />;
  if (events.length === 0) return <p className="p-2 text-fg-2">No alert has fired on this market yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section aria-label="Alerts that fired" tabIndex={0} className="absolute inset-0 overflow-auto">
      <AlertList
        label="Newest alerts"
        events={events.slice(0, MOST_SHOWN)}
        unread={new Set(unread.map(({ id }) => id))}
        zone={zone}
        onOpen={(id) => navigate(`/rules?event=${id}`)}
        onAcknowledge={acknowledgeEvent}
      />
    </section>
  );
}

function Actions({ view }: PanelProps) {
  return (
    <Button
      look="ghost"
      size="small"
      title="A new rule about this pair"
      onClick={() => navigate(newRuleAddress(view))}
    >
      <Plus aria-hidden className="size-3.5" /> New rule
    </Button>
  );
}

/** What fired lately, of any rule, and the way to a new rule about the shown pair. */
export const AlertsPanel = { Content, Actions };

import type { AlertEvent } from "@/api/types";
import { eventText } from "@/lib/alert-words";
import { alerts } from "@/stores/link";
import { navigate } from "@/stores/location";
import { usePreferences } from "@/stores/preferences";
import { say } from "@/stores/toasts";
import { loudest, playAlert } from "./alert-sound";

function tell(events: readonly AlertEvent[]): void {
  say(
    ...events.map((event) => ({
      id: event.id,
      tone: event.severity,
      title: event.rule.name,
      detail: eventText(event),
      action: { label: "Explain", run: () => navigate(`/rules?event=${event.id}`) },
    })),
  );
  const severity = loudest(events);
  // A browser that plays nothing yet is no error.
  if (severity !== null && usePreferences.getState().sound) playAlert(severity).catch(() => {});
}

/** Shows and sounds what fires from now on, until the answer is called. */
export const tellNews = (): (() => void) => alerts.onNews(tell);

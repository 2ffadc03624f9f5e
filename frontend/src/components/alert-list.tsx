import { Check } from "lucide-react";
import { type EventWords, eventText } from "@/lib/alert-words";
import { type TimeZone, zonedTime } from "@/lib/format";
import { SeverityMark } from "./severity";
import { Button } from "./ui/button";

/** What a line shows of an alert event. */
export type AlertLine = EventWords & {
  id: string;
  severity: string;
  time: number;
  ended_at: number | null;
  acknowledged_at: number | null;
  rule: { name: string };
};
type Props = {
  label: string;
  events: readonly AlertLine[];
  unread: ReadonlySet<string>;
  zone: TimeZone;
  onOpen: (id: string) => void;
  onAcknowledge: (id: string) => void;
};

/** The newest alert events, a line each: what fired, when, and whether somebody has seen it. */
export function AlertList({ label, events, unread, zone, onOpen, onAcknowledge }: Props) {
  return (
    <ul aria-label={label}>
      {events.map((event) => (
        <li
          key={event.id}
          data-event={event.id}
          className="flex items-start gap-1.5 border-t border-line py-1 pr-1 pl-2 first:border-t-0"
        >
          <SeverityMark severity={event.severity} short />
          <button
            type="button"
            title={event.reason}
            onClick={() => onOpen(event.id)}
            className="min-w-0 flex-1 text-left"
          >
            <span className="flex items-baseline gap-2">
              <span
                className={`min-w-0 flex-1 truncate ${unread.has(event.id) ? "font-semibold" : "text-fg-2"}`}
              >
                {event.rule.name}
              </span>
              {unread.has(event.id) && <span className="shrink-0 text-label text-leg-a">new</span>}
              <span className="shrink-0 text-label text-fg-2">
                {event.ended_at === null && <span className="text-fg">firing </span>}
                {zonedTime(event.time, "second", zone)}
              </span>
            </span>
            <span className="block truncate text-label text-fg-2">{eventText(event)}</span>
          </button>
          <Button
            look="ghost"
            size="tool"
            needs="operator"
            aria-label={`Acknowledge ${event.rule.name}`}
            title={event.acknowledged_at === null ? "Acknowledge" : "Acknowledged"}
            disabled={event.acknowledged_at !== null}
            onClick={() => onAcknowledge(event.id)}
          >
            <Check aria-hidden className="size-3.5" />
          </Button>
        </li>
      ))}
    </ul>
  );
}

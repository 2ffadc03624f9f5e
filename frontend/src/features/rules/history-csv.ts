import { type EventFilter, eventPage } from "@/api/alerts";
import type { AlertEvent } from "@/api/types";
import { conditionText } from "@/lib/alert-words";
import { csvText, isoTime } from "@/lib/csv";

/** Events in one file at most. */
const MOST_EVENTS = 10_000;
const PAGE = 1000;

const moment = (ms: number | null) => (ms === null ? null : isoTime(ms));

/** Events as a file, a line for each condition of each, with all that explains the firing. */
export function eventsCsv(events: readonly AlertEvent[]): string {
  const head = [
    ...["time", "event_id", "market", "rule_id", "rule_revision", "rule", "severity", "reason"],
    ...["ended_at", "ended_because", "acknowledged_at", "condition", "holds", "value", "unit"],
    ...["held_since", "bar_time", "bar_revision", "bars", "trades", "note"],
  ];
  const rows = events.flatMap((event) =>
    event.evidence.map((each) => [
      isoTime(event.time),
      event.id,
      event.market,
      event.rule_id,
      event.rule_revision,
      event.rule.name,
      event.severity,
      event.reason,
      moment(event.ended_at),
      event.ended_because,
      moment(event.acknowledged_at),
      conditionText(each.condition),
      each.holds === null ? null : String(each.holds),
      each.value,
      each.unit,
      moment(each.held_since),
      moment(each.bar_time),
      each.bar_time === null ? null : each.revision,
      qualityText(each.quality),
      each.trades.map(({ symbol, first_id, last_id }) => `${symbol} ${first_id}-${last_id}`).join(" "),
      each.note,
    ]),
  );
  return csvText(head, rows);
}

/** How many bars of each quality are in a value. */
export function qualityText(quality: Readonly<Record<string, number>>): string {
  return Object.entries(quality)
    .filter(([, bars]) => bars > 0)
    .map(([name, bars]) => `${bars} ${name}`)
    .join(", ");
}

/** All events that fit, newest first, up to 10,000. */
export async function eventsFor(filter: EventFilter): Promise<AlertEvent[]> {
  const found: AlertEvent[] = [];
  let before: number | null = null;
  do {
    const page = await eventPage(filter, before, PAGE);
    found.push(...page.items);
    before = page.next;
  } while (before !== null && found.length < MOST_EVENTS);
  return found.slice(0, MOST_EVENTS);
}

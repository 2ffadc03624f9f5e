import type { EventFilter } from "@/api/alerts";
import type { AlertEvent, Severity } from "@/api/types";

/** Which events the history shows, as the address has it. */
export type HistoryFilter = { severity: string; rule: string; seen: string };

const SEVERITIES: readonly string[] = ["info", "warning", "critical"];

export function parseFilter(search: string): HistoryFilter {
  const query = new URLSearchParams(search);
  const severity = query.get("severity") ?? "";
  const seen = query.get("seen") ?? "";
  return {
    severity: SEVERITIES.includes(severity) ? severity : "",
    rule: query.get("rule") ?? "",
    seen: ["no", "yes", "firing"].includes(seen) ? seen : "",
  };
}

export function filterQuery({ severity, rule, seen }: HistoryFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (severity) query.set("severity", severity);
  if (rule) query.set("rule", rule);
  if (seen) query.set("seen", seen);
  return query;
}

/** The filter as the API takes it. */
export function eventFilter(market: string, { severity, rule, seen }: HistoryFilter): EventFilter {
  return {
    market,
    ...(severity ? { severity: severity as Severity } : {}),
    ...(rule ? { ruleId: rule } : {}),
    ...(seen === "yes" ? { acknowledged: true } : {}),
    ...(seen === "no" ? { acknowledged: false } : {}),
    ...(seen === "firing" ? { ended: false } : {}),
  };
}

/** Whether an event that the topic told belongs to what is shown. */
export function fits(event: AlertEvent, { severity, rule, seen }: HistoryFilter): boolean {
  if (severity && event.severity !== severity) return false;
  if (rule && event.rule_id !== rule) return false;
  if (seen === "yes") return event.acknowledged_at !== null;
  if (seen === "no") return event.acknowledged_at === null;
  return seen !== "firing" || event.ended_at === null;
}

/** Each event once, as it is now. */
function newestOf(events: readonly AlertEvent[]): Map<string, AlertEvent> {
  const known = new Map<string, AlertEvent>();
  for (const event of events) {
    const before = known.get(event.id);
    if (!before || event.seq > before.seq) known.set(event.id, event);
  }
  return known;
}

/** The event of that id as it is now, from the pages of the history or from what the topic told; null in neither. */
export function eventOf(
  id: string | null,
  pages: readonly AlertEvent[],
  told: readonly AlertEvent[],
): AlertEvent | null {
  const found = [...pages, ...told].filter((event) => event.id === id);
  return (id !== null && newestOf(found).get(id)) || null;
}

/** Pages of the history with what the topic told since: each event once, as it is now, newest first. */
export function mergedEvents(
  pages: readonly AlertEvent[],
  told: readonly AlertEvent[],
  filter: HistoryFilter,
): AlertEvent[] {
  // Of what was told, older events than the pages reach would leave holes among them.
  const reach = pages.at(-1)?.number ?? 0;
  return [...newestOf([...pages, ...told]).values()]
    .filter((event) => event.number >= reach && fits(event, filter))
    .sort((a, b) => b.number - a.number);
}

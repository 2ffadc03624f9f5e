import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { askAgainIn, command, getJson, patchJson, postJson } from "./http";
import type {
  AlertChannelList,
  AlertDeliveryList,
  AlertEvent,
  AlertEventList,
  AlertPreview,
  AlertRule,
  AlertRuleFields,
  AlertRuleList,
  Severity,
} from "./types";

const RULES = ["alerts", "rules"] as const;
const DEAD = ["alerts", "dead"] as const;
const DEAD_MS = 10_000;
const STANDING_MS = 3000;
// Ten thousand rules are some megabytes.
const STANDING_MS_OF_MANY = 30_000;
const MANY_RULES = 500;
export const PAGE_OF_EVENTS = 100;

/** All rules and where they stand, which changes with the market: asked for again while somebody looks. */
export const rulesQuery = queryOptions({
  queryKey: RULES,
  staleTime: 0,
  queryFn: ({ signal }) => getJson<AlertRuleList>("/alerts", signal),
  refetchInterval: ({ state }) =>
    askAgainIn(state.error) ||
    ((state.data?.items.length ?? 0) > MANY_RULES ? STANDING_MS_OF_MANY : STANDING_MS),
});

export const channelsQuery = queryOptions({
  queryKey: ["alerts", "channels"],
  queryFn: ({ signal }) => getJson<AlertChannelList>("/alerts/channels", signal),
});

export const deadLettersQuery = queryOptions({
  queryKey: DEAD,
  staleTime: 0,
  queryFn: ({ signal }) => getJson<AlertDeliveryList>("/alerts/dead-letters", signal),
  refetchInterval: ({ state }) => askAgainIn(state.error) || DEAD_MS,
});

export type EventFilter = {
  market: string;
  ruleId?: string;
  severity?: Severity;
  acknowledged?: boolean;
  ended?: boolean;
};

/** A page of events that fit, newest first; `before` is the `next` of the page before. */
export function eventPage(
  filter: EventFilter,
  before: number | null,
  limit = PAGE_OF_EVENTS,
  signal?: AbortSignal,
): Promise<AlertEventList> {
  const query = new URLSearchParams({ market: filter.market, limit: String(limit) });
  if (filter.ruleId !== undefined) query.set("rule_id", filter.ruleId);
  if (filter.severity !== undefined) query.set("severity", filter.severity);
  if (filter.acknowledged !== undefined) query.set("acknowledged", String(filter.acknowledged));
  if (filter.ended !== undefined) query.set("ended", String(filter.ended));
  if (before !== null) query.set("before", String(before));
  return getJson<AlertEventList>(`/alerts/history?${query}`, signal);
}

/** The newest events of a market, newest first. */
export const newestEvents = (market: string): Promise<AlertEvent[]> =>
  eventPage({ market }, null).then(({ items }) => items);

/** Every change of an event after that one, in the order of its happening, whatever its market. */
export async function changesSince(seq: number): Promise<AlertEvent[]> {
  const found: AlertEvent[] = [];
  let next: number | null = seq;
  while (next !== null) {
    const page: AlertEventList = await getJson(`/alerts/history?since=${next}&limit=1000`);
    found.push(...page.items);
    next = page.next;
  }
  return found;
}

/** What the rule would have done from `start` on; null is as far back as the server goes by itself. */
export function previewRule(rule: unknown, start: number | null, signal: AbortSignal): Promise<AlertPreview> {
  return postJson<AlertPreview>("/alerts/preview", { rule, start }, signal);
}

const ruleAt = (id: string) => `/alerts/${encodeURIComponent(id)}`;

/** Saves a rule: a new one, or with its id the changes of a known one. */
export function useSaveRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, fields }: { id: string | null; fields: object }) =>
      id === null ? postJson<AlertRule>("/alerts", fields) : patchJson<AlertRule>(ruleAt(id), fields),
    onSuccess: (saved) => {
      client.setQueryData<AlertRuleList>(RULES, (list) => list && { ...list, items: withRule(list, saved) });
      return client.invalidateQueries({ queryKey: RULES });
    },
  });
}

function withRule({ items }: AlertRuleList, saved: AlertRule): AlertRule[] {
  const known = items.some(({ id }) => id === saved.id);
  return known ? items.map((rule) => (rule.id === saved.id ? saved : rule)) : [...items, saved];
}

export function useDeleteRule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => command("DELETE", ruleAt(id)),
    onSuccess: (_nothing, id) => {
      client.setQueryData<AlertRuleList>(
        RULES,
        (list) => list && { ...list, items: list.items.filter((rule) => rule.id !== id) },
      );
      return client.invalidateQueries({ queryKey: RULES });
    },
  });
}

/** Notes that somebody has seen an event, or that nobody has; the topic tells everybody. */
export function acknowledge(id: string, acknowledged: boolean): Promise<AlertEvent> {
  return postJson<AlertEvent>(`/alerts/${encodeURIComponent(id)}/ack`, { acknowledged });
}

export function useRetryDelivery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => command("POST", `/alerts/dead-letters/${id}/retry`),
    onSuccess: () => client.invalidateQueries({ queryKey: DEAD }),
  });
}

/** The fields of a rule as they were given, without what the server adds. */
export function fieldsOf(rule: AlertRule): AlertRuleFields {
  const { name, severity, enabled, when, cooldown_s, rearm, channels, sound, once, expires_at } = rule;
  return { name, severity, enabled, when, cooldown_s, rearm, channels, sound, once, expires_at };
}

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { previewRule } from "@/api/alerts";
import { intervalMs } from "@/lib/intervals";
import { live } from "@/stores/link";
import { ruleDocument } from "./document";
import type { NodeDraft, RuleDraft } from "./draft";
import { METRIC_SPECS } from "./metric-specs";

// What is typed is not asked for letter by letter.
const SETTLES_MS = 500;

function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function isLive(node: NodeDraft): boolean {
  return node.kind === "group" ? node.members.some(isLive) : node.live;
}

/** What is asked of the past: a rule's name, channels and the like change nothing of it. */
function questionOf(draft: RuleDraft): string {
  const { when, rearm, cooldown_s, once } = ruleDocument(draft);
  return JSON.stringify({ name: "preview", when, rearm, cooldown_s, once });
}

function shortestOf(node: NodeDraft): number {
  if (node.kind === "group") return Math.min(...node.members.map(shortestOf));
  const { interval } = METRIC_SPECS[node.metric];
  return interval === "no"
    ? Number.POSITIVE_INFINITY
    : (intervalMs(node.interval) ?? Number.POSITIVE_INFINITY);
}

/** So many of the rule's shortest bars back from the market's time; null leaves it to the server. */
function spanStart(draft: RuleDraft, bars: number): number | null {
  const now = live.get("status", "status")?.data.as_of ?? null;
  const step = shortestOf(draft.when);
  return now === null || isLive(draft.when) || !Number.isFinite(step) ? null : now - bars * step;
}

/**
 * What the draft would have done, asked for anew when it has changed and is sound. One that looks between closes has
 * every tenth of a second gone through, so it waits for `ask`.
 */
export function usePreview(draft: RuleDraft, isSound: boolean, bars: number) {
  const now = `${bars} ${questionOf(draft)}`;
  const settled = useSettled(now);
  const [wanted, setWanted] = useState<string | null>(null);
  const waits = isLive(draft.when) && wanted !== now;
  const query = useQuery({
    queryKey: ["alerts", "preview", settled],
    enabled: isSound && !waits && settled === now,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
    queryFn: ({ signal }) => {
      const start = spanStart(draft, bars);
      return previewRule(JSON.parse(questionOf(draft)), start, signal);
    },
  });
  return {
    preview: query.data ?? null,
    error: settled === now ? query.error : null,
    /** What is shown is of the draft as it was before its last change. */
    isOld: query.isPlaceholderData || settled !== now || (waits && query.data !== undefined),
    isAsking: query.isFetching,
    waits,
    ask: () => {
      setWanted(now);
      if (!waits) void query.refetch();
    },
  };
}

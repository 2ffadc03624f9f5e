import { useQuery } from "@tanstack/react-query";
import { systemQuery } from "@/api/queries";
import type { SystemStatus } from "@/api/types";
import { useLink } from "@/stores/link";

export type Load = {
  /** The last answer of this market, null before the first. */
  data: SystemStatus | null;
  /** When it came; null without one. */
  askedAt: number | null;
  /** Why there is none newer. While the server is away the page says so already. */
  error: Error | null;
  /** Whether what is shown stands still. */
  isStale: boolean;
  retry: () => void;
};

/** What the server takes and how late trades come, asked for now and then. */
export function useSystem(market: string): Load {
  const asked = useQuery(systemQuery(market));
  const phase = useLink((link) => link.state.phase);
  // The source may have been changed between the status and this answer.
  const data = asked.data?.market === market ? asked.data : null;
  return {
    data,
    askedAt: data && asked.dataUpdatedAt,
    error: phase === "offline" && data ? null : asked.error,
    isStale: data !== null && (phase === "offline" || phase === "stale" || asked.error !== null),
    retry: () => void asked.refetch(),
  };
}

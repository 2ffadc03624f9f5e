import { useInfiniteQuery } from "@tanstack/react-query";
import { type EventFilter, eventPage, PAGE_OF_EVENTS } from "@/api/alerts";

/** The server's past of what fits, newest first, as far as somebody has asked for older pages. */
export function useHistory(asked: EventFilter) {
  return useInfiniteQuery({
    queryKey: ["alerts", "history", asked],
    // What changed since is told by the topic, as far as the page was open.
    staleTime: 0,
    refetchOnMount: "always",
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) => eventPage(asked, pageParam, PAGE_OF_EVENTS, signal),
    getNextPageParam: ({ next }) => next,
  });
}

export type HistoryPages = ReturnType<typeof useHistory>;

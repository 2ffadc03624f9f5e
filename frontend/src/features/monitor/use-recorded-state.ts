import { useQuery } from "@tanstack/react-query";
import { replayQuery, useIsMoving } from "@/api/replay";
import type { PageState } from "@/lib/page-states";

// Where it is put at another moment, it begins anew: what the stream says meanwhile is of no moment that is shown.
const OF_THE_STREAM: readonly PageState[] = ["live", "finished", "stopped", "connecting"];

/** The state of the page: a recording that stands, or is on its way to another moment, is no live market. */
export function useRecordedState(settled: PageState, market: string): PageState {
  const { data: replay } = useQuery(replayQuery(market));
  const moving = useIsMoving();
  if (!replay || !OF_THE_STREAM.includes(settled)) return settled;
  if (moving || replay.seeking_to !== null) return "seeking";
  return replay.paused && settled === "live" ? "paused" : settled;
}

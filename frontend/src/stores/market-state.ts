import type { LinkState } from "@/api/socket";
import type { StreamStatus } from "@/api/types";
import type { PageState } from "@/lib/page-states";
import { useLink } from "./link";
import { pageState } from "./page-state";

/** The state of a page of many symbols: as good as that of the best of them. */
export function marketState(
  link: LinkState,
  status: StreamStatus | null,
  symbols: readonly string[],
  fresh: boolean,
): PageState {
  const states = symbols.map((symbol) => pageState(link, status, [symbol], fresh));
  return states.find((state) => state === "live") ?? states[0] ?? pageState(link, status, [], fresh);
}

/** The state of a page that is as good as the best of these symbols. */
export function useMarketState(status: StreamStatus | null, symbols: readonly string[]): PageState {
  const link = useLink((value) => value.state);
  const fresh = useLink((value) => value.hasStatus);
  return marketState(link, status, symbols, fresh);
}

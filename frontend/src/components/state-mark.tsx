import { fixed } from "@/lib/format";
import { type PageState, STATE_LOOKS } from "@/lib/page-states";
import { useNow } from "./use-now";

type Props = {
  state: PageState;
  /** When the server was heard last, while it is not heard; for where there is room for its age. */
  unheardSince?: number | null;
};

/** In what state what the page shows is, and how old it is where the server is not heard. */
export function StateMark({ state, unheardSince = null }: Props) {
  const { words, tone, shape } = STATE_LOOKS[state];
  const now = useNow(unheardSince !== null, 250);
  return (
    <span className="whitespace-nowrap">
      <span role="status" data-testid="state" data-state={state} className={`font-semibold ${tone}`}>
        <span aria-hidden>{shape} </span>
        {words}
      </span>
      {unheardSince !== null && `, last word ${fixed(Math.max(0, now - unheardSince) / 1000, 0)} s ago`}
    </span>
  );
}

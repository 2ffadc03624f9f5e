import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { count } from "@/lib/format";
import { useLink } from "@/stores/link";
import { useHeld } from "@/stores/topics";
import { barsTopic, type PairView, pairTopic } from "./view-state";

type Props = {
  view: PairView;
  streaming: readonly string[];
  /** Whether the server has said what streams. */
  known: boolean;
  opening: boolean;
  onStart: (symbols: string[]) => void;
};

function Message({ children, low = false }: { children: ReactNode; low?: boolean }) {
  const place = low ? "top-[58%]" : "top-[20%]";
  return (
    <div className={`absolute inset-x-0 z-20 flex justify-center ${place}`}>
      <div className="flex items-center gap-3 rounded-base border border-line bg-raised px-3 py-1.5">
        {children}
      </div>
    </div>
  );
}

/** Says over the charts why they are empty or short: no data yet, not streaming, refused, or warming up. */
export function PanesNotice({ view, streaming, known, opening, onStart }: Props) {
  const topic = pairTopic(view);
  const barsA = useHeld("bars", barsTopic(view.a, view.interval));
  const barsB = useHeld("bars", barsTopic(view.b, view.interval));
  const pair = useHeld("pair", topic)?.data ?? null;
  const refused = useLink(
    (link) =>
      link.refused[topic] ??
      link.refused[barsTopic(view.a, view.interval)] ??
      link.refused[barsTopic(view.b, view.interval)],
  );
  const silent = [view.a, view.b].filter((symbol) => !streaming.includes(symbol));
  const missing = [barsA, barsB].filter((bars) => !bars?.data.items.length).length;
  if (missing > 0 && known && silent.length > 0 && !opening) {
    return (
      <Message>
        {silent.join(" and ")} {silent.length > 1 ? "are" : "is"} not streaming.
        <Button look="primary" needs="operator" onClick={() => onStart(silent)}>
          Start {silent.length > 1 ? "both" : silent[0]}
        </Button>
      </Message>
    );
  }
  if (refused && !pair) return <Message>{refused}</Message>;
  // With one leg's candles there is something to see, and the pair says how far it is.
  if (missing === 2 || (missing > 0 && !pair)) return <Skeleton label="Waiting for the first bars" />;
  if (!pair || pair.status === "ok") return null;
  if (pair.status === "too_short")
    return (
      <Message low>
        Warming up: {count(pair.have)} of {count(pair.need)} bars
      </Message>
    );
  return <Message low>{pair.reason ?? "No statistics for this window."}</Message>;
}

import { TriangleAlert, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { fixed, significant } from "@/lib/format";
import { useHeld } from "@/stores/topics";
import { alarmingRefit } from "./refit";
import { type PairView, pairTopic } from "./view-state";

/** Says, in the title line of the charts, that the last re-fit moved β by more than its uncertainty. */
export function RefitBanner({ view }: { view: PairView }) {
  const pair = useHeld("pair", pairTopic(view))?.data ?? null;
  const [dismissed, setDismissed] = useState<number | null>(null);
  const refit = pair && alarmingRefit(pair);
  const shown = refit && refit.time !== dismissed ? refit : null;
  return (
    <div role="status" data-testid="refit" className="flex min-w-0 items-center gap-1 text-label">
      {shown && (
        <>
          <TriangleAlert aria-hidden className="size-3.5 shrink-0 text-warn" />
          <span className="truncate">
            The last re-fit moved β by {fixed(Math.abs(shown.errors), 1)} standard errors:{" "}
            {significant(shown.before, 5)} to {significant(shown.after, 5)}
          </span>
          <Button
            look="ghost"
            size="tool"
            aria-label="Dismiss the message about the re-fit"
            onClick={() => setDismissed(shown.time)}
          >
            <X aria-hidden className="size-3.5" />
          </Button>
        </>
      )}
    </div>
  );
}

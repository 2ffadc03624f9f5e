import { useEffect, useState } from "react";
import type { AlertEvent } from "@/api/types";
import { AlertList } from "@/components/alert-list";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { acknowledgeEvent, markRead, useAlerts } from "@/stores/alerts";
import { alerts } from "@/stores/link";
import { navigate } from "@/stores/location";
import { usePreferences } from "@/stores/preferences";
import { playAlert } from "./alert-sound";

const MOST_SHOWN = 20;

function SoundSwitch() {
  const { sound, setSound } = usePreferences();
  return (
    <label className="flex min-h-6 items-center gap-1.5 text-fg-2">
      <input
        type="checkbox"
        checked={sound}
        onChange={({ target }) => {
          setSound(target.checked);
          // Heard at once, and the browser then knows that the user wants it.
          if (target.checked) playAlert("info").catch(() => {});
        }}
      />
      Sound
    </label>
  );
}

type Props = { unread: readonly AlertEvent[]; onClose: () => void };

/** The newest alerts; to open them is to have read them. */
export function BellList({ unread, onClose }: Props) {
  const { events, phase, problem } = useAlerts();
  const zone = usePreferences((preferences) => preferences.zone);
  const [fresh] = useState(() => new Set(unread.map(({ id }) => id)));
  const newest = events[0]?.number;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what comes while it is open is read, too
  useEffect(markRead, [newest]);
  const go = (address: string) => {
    onClose();
    navigate(address);
  };
  return (
    <div className="flex w-88 max-w-[calc(100vw-1rem)] flex-col">
      <div className="max-h-80 min-h-16 overflow-y-auto">
        {problem && <Failure error={problem} onRetry={() => alerts.retry()} />}
        {events.length === 0 && !problem && (
          <p className="p-3 text-fg-2">
            {phase === "ready" ? "No alert has fired on this market yet." : "Asking for the newest alerts…"}
          </p>
        )}
        <AlertList
          label="Newest alerts"
          events={events.slice(0, MOST_SHOWN)}
          unread={fresh}
          zone={zone}
          onOpen={(id) => go(`/rules?event=${id}`)}
          onAcknowledge={acknowledgeEvent}
        />
      </div>
      <div className="flex items-center justify-between gap-2 border-t border-line px-2 py-1.5">
        <SoundSwitch />
        <Button onClick={() => go("/rules")}>Rules and history</Button>
      </div>
    </div>
  );
}

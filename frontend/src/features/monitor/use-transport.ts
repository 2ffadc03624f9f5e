import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { replayQuery, useReplayControl } from "@/api/replay";
import type { Replay, ReplayChange } from "@/api/types";
import { say } from "@/stores/toasts";

/** How long the hand has to rest before the recording follows it: each place costs the server a run. */
const RESTS_MS = 250;

/** Asks anew for what was asked of another moment, when somebody else has moved the recording. */
function useMoved(stands: Replay | undefined): void {
  const client = useQueryClient();
  const before = useRef<Replay | undefined>(undefined);
  useEffect(() => {
    const was = before.current;
    before.current = stands;
    if (!was || !stands) return;
    const arrived = was.seeking_to !== null && stands.seeking_to === null;
    if (arrived || stands.position < was.position) void client.invalidateQueries();
  }, [stands, client]);
}

/** A recording as something to be played: where it stands, where the hand is, and what can be done. */
export function useTransport(market: string) {
  const { data: stands } = useQuery(replayQuery(market));
  const { mutate, isPending } = useReplayControl(market);
  const [wanted, setWanted] = useState<number | null>(null);
  const resting = useRef<ReturnType<typeof setTimeout> | null>(null);
  const asked = useRef(0);
  useMoved(stands);
  useEffect(
    () => () => {
      if (resting.current) clearTimeout(resting.current);
    },
    [],
  );
  if (!stands) return null;

  const change = (part: ReplayChange) => {
    asked.current += 1;
    const mine = asked.current;
    mutate(part, {
      onError: (error) =>
        say({ id: "replay", tone: "critical", title: "The recording was not moved", detail: error.message }),
      // The hand is followed until the last place it asked for is there.
      onSettled: () => mine === asked.current && resting.current === null && setWanted(null),
    });
  };
  const go = (position: number, restsMs = RESTS_MS) => {
    const inside = Math.min(stands.end, Math.max(stands.begin, Math.round(position)));
    setWanted(inside);
    if (resting.current) clearTimeout(resting.current);
    resting.current = setTimeout(() => {
      resting.current = null;
      change({ position: inside });
    }, restsMs);
  };
  const position = wanted ?? stands.seeking_to ?? stands.position;
  return {
    stands,
    position,
    /** It is on its way to where it was put. */
    seeking: stands.seeking_to !== null || (wanted !== null && isPending),
    playing: !stands.paused && !stands.finished,
    go,
    step: (ms: number) => go(position + ms, 0),
    toggle: () => {
      // As a film that has ended: from the beginning.
      if (stands.finished) change({ position: stands.begin, paused: false });
      else change({ paused: !stands.paused });
    },
    setSpeed: (speed: number) => change({ speed }),
  };
}

export type Transport = NonNullable<ReturnType<typeof useTransport>>;

import { useMemo, useSyncExternalStore } from "react";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import { acknowledge } from "@/api/alerts";
import type { AlertEvent } from "@/api/types";
import type { HeldAlerts } from "./alert-store";
import { alerts, useLink } from "./link";
import { say } from "./toasts";

const listen = (changed: () => void) => alerts.listen(changed);
const held = () => alerts.get();

/** The newest alert events of the running market, with each change that the server tells. */
export const useAlerts = (): HeldAlerts => useSyncExternalStore(listen, held);

type Read = { upTo: Readonly<Record<string, number>>; set: (market: string, number: number) => void };

/** The newest event that was looked at on this machine, by market. */
const useRead = create<Read>()(
  persist(
    (set) => ({
      upTo: {},
      set: (market, number) => set(({ upTo }) => ({ upTo: { ...upTo, [market]: number } })),
    }),
    { name: "quant.alerts-read" },
  ),
);

// What is read in one tab is read in the others.
window.addEventListener("storage", ({ key }) => {
  if (key === "quant.alerts-read") void useRead.persist.rehydrate();
});

/** Events that nobody has acknowledged, and that were not looked at on this machine. */
export function unreadOf(events: readonly AlertEvent[], upTo: number): AlertEvent[] {
  const newest = events[0]?.number ?? 0;
  // A number beyond the newest is of a store that is gone.
  const read = upTo > newest ? 0 : upTo;
  return events.filter(({ number, acknowledged_at }) => number > read && acknowledged_at === null);
}

export function useUnread(): AlertEvent[] {
  const { events } = useAlerts();
  const market = useLink((link) => link.market) ?? "";
  const upTo = useRead((read) => read.upTo[market] ?? 0);
  return useMemo(() => unreadOf(events, upTo), [events, upTo]);
}

/** Takes everything that has come so far for read. */
export function markRead(): void {
  const { market } = useLink.getState();
  const newest = alerts.get().events[0]?.number;
  if (market !== null && newest !== undefined) useRead.getState().set(market, newest);
}

/** Notes that somebody has seen an event, or that nobody has; the change comes back with the topic. */
export function acknowledgeEvent(id: string, acknowledged = true): void {
  acknowledge(id, acknowledged).catch((error: Error) => {
    say({ id: `acknowledge-${id}`, tone: "critical", title: "Not acknowledged", detail: error.message });
  });
}

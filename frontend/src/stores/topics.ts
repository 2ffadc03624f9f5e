import { useCallback, useEffect, useSyncExternalStore } from "react";
import { live, socket } from "./link";
import type { Held, TopicKind } from "./live-store";

const watchers = new Map<string, number>();
// A topic that comes back at once (A and B swapped, a panel opened again) keeps its data.
const LINGER_MS = 1000;

function watch(topic: string): () => void {
  const count = watchers.get(topic) ?? 0;
  watchers.set(topic, count + 1);
  if (count === 0) socket.subscribe([topic]);
  return () => setTimeout(() => unwatch(topic), LINGER_MS);
}

function unwatch(topic: string): void {
  const count = (watchers.get(topic) ?? 1) - 1;
  watchers.set(topic, count);
  if (count > 0) return;
  watchers.delete(topic);
  socket.unsubscribe([topic]);
  live.drop(topic);
}

/** Keeps a topic coming while the component is mounted; null asks for nothing. */
export function useWatch(topic: string | null): void {
  useEffect(() => (topic === null ? undefined : watch(topic)), [topic]);
}

/** Keeps several topics coming while the component is mounted; those that stay wanted are not asked for anew. */
export function useWatchAll(topics: readonly string[]): void {
  const key = topics.join(" ");
  useEffect(() => {
    const stops = key.split(" ").filter(Boolean).map(watch);
    return () => {
      for (const stop of stops) stop();
    };
  }, [key]);
}

/** The topic's newest data, read at most once per animation frame; does not ask the server for it. */
export function useHeld<Kind extends TopicKind>(kind: Kind, topic: string | null) {
  const listen = useCallback(
    (changed: () => void) => (topic === null ? () => {} : live.listen(topic, changed)),
    [topic],
  );
  return useSyncExternalStore(listen, () => (topic === null ? null : live.get(kind, topic)));
}

export type HeldOf<Kind extends TopicKind> = NonNullable<ReturnType<typeof useHeld<Kind>>>;
export type { Held };

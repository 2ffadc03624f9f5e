import { useEffect, useSyncExternalStore } from "react";
import type { Part } from "@/lib/part";

/** A part's code, which is asked for by whoever shows it first. */
export function usePart<Value>(part: Part<Value>): { value: Value | null; failed: boolean } {
  useEffect(() => part.load(), [part]);
  return useSyncExternalStore(part.listen, part.get);
}

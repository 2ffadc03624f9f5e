import { useMemo, useRef, useState } from "react";
import { keptOrder } from "@/lib/ordering";

type Kept<Row> = {
  rows: Row[];
  /** How many rows stand elsewhere than sorting anew would put them. */
  moved: number;
  sortAgain: () => void;
};

/**
 * Rows in the order they had, while their numbers change; sorted anew when `resetKey` changes, which names the way of
 * sorting, or when asked to.
 */
export function useKeptOrder<Row>(
  sorted: readonly Row[],
  keyOf: (row: Row) => string,
  resetKey: string,
): Kept<Row> {
  const held = useRef<{ resetKey: string; round: number; keys: string[] } | null>(null);
  const [round, setRound] = useState(0);
  return useMemo(() => {
    const fresh = sorted.map(keyOf);
    const before = held.current;
    const anew = before === null || before.resetKey !== resetKey || before.round !== round;
    const keys = anew || before.keys.length === 0 ? fresh : keptOrder(before.keys, fresh);
    held.current = { resetKey, round, keys };
    const byKey = new Map(sorted.map((row) => [keyOf(row), row]));
    return {
      rows: keys.flatMap((key) => byKey.get(key) ?? []),
      moved: keys.filter((key, index) => key !== fresh[index]).length,
      sortAgain: () => setRound((now) => now + 1),
    };
  }, [sorted, keyOf, resetKey, round]);
}

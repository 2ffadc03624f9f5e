export type Direction = "ascending" | "descending";
export type Sortable = number | string | null;

/** Compares two values; what is absent comes last in either direction. */
export function compareBy(direction: Direction): (one: Sortable, other: Sortable) => number {
  const sign = direction === "ascending" ? 1 : -1;
  return (one, other) => {
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    if (typeof one === "string" || typeof other === "string")
      return sign * String(one).localeCompare(String(other), "en");
    return sign * (one - other);
  };
}

/** Rows in order of a value; equal ones in order of their key, so that the same rows always stand the same way. */
export function sortedBy<Row>(
  rows: readonly Row[],
  value: (row: Row) => Sortable,
  keyOf: (row: Row) => string,
  direction: Direction,
): Row[] {
  const compare = compareBy(direction);
  return [...rows].sort(
    (one, other) => compare(value(one), value(other)) || keyOf(one).localeCompare(keyOf(other), "en"),
  );
}

/**
 * The order to show after an update: what was there stays where it was, what is new stands behind the one it follows
 * in `sorted`. Nothing moves under the reader's hand until they sort again.
 */
export function keptOrder(before: readonly string[], sorted: readonly string[]): string[] {
  const there = new Set(sorted);
  const known = new Set(before);
  const kept = before.filter((key) => there.has(key));
  const behind = new Map<string | null, string[]>();
  let anchor: string | null = null;
  for (const key of sorted) {
    if (known.has(key)) anchor = key;
    else behind.set(anchor, [...(behind.get(anchor) ?? []), key]);
  }
  return [...(behind.get(null) ?? []), ...kept.flatMap((key) => [key, ...(behind.get(key) ?? [])])];
}

/** How well `text` answers what was typed: 0 = not at all, more is better. Words may come in any order. */
export function matchScore(text: string, typed: string): number {
  const words = typed
    .toLowerCase()
    .split(/[\s/]+/)
    .filter(Boolean);
  const target = text.toLowerCase();
  let score = 1;
  for (const word of words) {
    const at = target.indexOf(word);
    if (at < 0) return 0;
    if (at === 0) score += 3;
    else if (/[\s/(]/.test(target[at - 1] ?? "")) score += 2;
    else score += 1;
  }
  return score;
}

/** The entries that answer what was typed, best first, equal ones in their order, at most `limit`. */
export function bestMatches<Entry>(
  entries: readonly Entry[],
  typed: string,
  textOf: (entry: Entry) => string,
  limit: number,
): Entry[] {
  if (typed.trim() === "") return entries.slice(0, limit);
  return entries
    .map((entry) => ({ entry, score: matchScore(textOf(entry), typed) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, limit)
    .map(({ entry }) => entry);
}

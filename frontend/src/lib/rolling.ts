/** The mean of the last `window` values at each place; null where one of them is missing. */
export function movingAverage(values: readonly (number | null)[], window: number): (number | null)[] {
  return values.map((_, index) => {
    if (index + 1 < window) return null;
    let sum = 0;
    for (let at = index + 1 - window; at <= index; at += 1) {
      const value = values[at] ?? null;
      if (value === null) return null;
      sum += value;
    }
    return sum / window;
  });
}

/** Values as a share of the one at `base`, which becomes 100. */
export function rebased(values: readonly (number | null)[], base: number | null): (number | null)[] {
  if (base === null || base === 0) return values.map(() => null);
  // In this order the base is 100 to the last digit.
  return values.map((value) => (value === null ? null : 100 * (value / base)));
}

/** The index of the first entry of ascending `values` that is ≥ `value`; their number when there is none. */
export function lowerBound(values: readonly number[], value: number): number {
  return lowerBoundBy(values.length, (index) => values[index], value);
}

/** The same over anything that has a number at each index. */
export function lowerBoundBy(
  length: number,
  valueAt: (index: number) => number | undefined,
  value: number,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((valueAt(middle) ?? Number.POSITIVE_INFINITY) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

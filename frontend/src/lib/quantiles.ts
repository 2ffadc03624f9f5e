/** The values below which given shares of all lie, interpolated between neighbours; null where there are no values. */
export function quantiles(values: readonly number[], shares: readonly number[]): (number | null)[] {
  const sorted = [...values].sort((one, other) => one - other);
  return shares.map((share) => {
    const at = share * (sorted.length - 1);
    const below = sorted[Math.floor(at)];
    const above = sorted[Math.ceil(at)];
    if (below === undefined || above === undefined) return null;
    return below + (at - Math.floor(at)) * (above - below);
  });
}

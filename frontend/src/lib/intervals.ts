const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Length of an interval such as `1m` in milliseconds; null when it is not one. */
export function intervalMs(interval: string): number | null {
  const match = /^(\d+)([smhd])$/.exec(interval);
  const unit = UNIT_MS[match?.[2] ?? ""];
  return match && unit !== undefined ? Number(match[1]) * unit : null;
}

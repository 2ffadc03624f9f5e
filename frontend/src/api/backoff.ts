const FIRST_MS = 400;
const GROWTH = 1.8;
// A restarted server has to be seen again within 6 s, of which it takes some itself.
const CAP_MS = 2000;

/** Milliseconds to wait before attempt `attempt` (0 = the first retry), jittered down by up to a quarter. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const delay = Math.min(CAP_MS, FIRST_MS * GROWTH ** attempt);
  return delay * (1 - 0.25 * random());
}

/** Bars that a window may have. */
export type WindowBounds = { least: number; most: number };

/** Of the fit of one pair. */
export const FIT_WINDOW: WindowBounds = { least: 10, most: 4000 };
/** Of a test of all pairs. */
export const SCAN_WINDOW: WindowBounds = { least: 30, most: 4000 };

/** Of a moving average. */
export const AVERAGE_WINDOW: WindowBounds = { least: 2, most: 500 };

/** What is wrong with a window as typed, in one sentence; null when it can be used. */
export function windowProblem(text: string, { least, most }: WindowBounds = FIT_WINDOW): string | null {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value)) return "The window is a whole number of bars.";
  if (value < least) return `The window needs at least ${least} bars.`;
  if (value > most) return `The window has at most ${most} bars.`;
  return null;
}

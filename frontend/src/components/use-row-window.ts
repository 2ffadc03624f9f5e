import { type RefObject, useEffect, useState } from "react";

// Rows kept ready beyond the edges, so that a turn of the wheel shows no blank.
const SPARE = 10;
// Before the box has a size: enough to fill a screen.
const FIRST_ROWS = 40;

/** Which rows of fixed height a scrolling box shows now: half-open, with some to spare. */
export function useRowWindow(
  box: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): { first: number; last: number } {
  const [view, setView] = useState({ top: 0, height: FIRST_ROWS * rowHeight });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      const height = element.clientHeight || FIRST_ROWS * rowHeight;
      // Whole rows, so that a scroll by a few pixels draws nothing anew.
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight;
      setView((old) => (old.top === top && old.height === height ? old : { top, height }));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const resizes = new ResizeObserver(look);
    resizes.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      resizes.disconnect();
    };
  }, [box, rowHeight]);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + SPARE);
  return { first: Math.min(first, Math.max(0, last - 1)), last };
}

import { useSyncExternalStore } from "react";

// Below this width the page is one column.
const WIDE = "(min-width: 1024px)";

function listen(changed: () => void): () => void {
  const query = window.matchMedia(WIDE);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

/** Whether the window is too narrow for panels side by side. */
export function useNarrow(): boolean {
  return useSyncExternalStore(listen, () => !window.matchMedia(WIDE).matches);
}

import { useMemo } from "react";
import { usePreferences } from "@/stores/preferences";
import type { Overlays } from "./pane-models";

/** What the user added to the price pane. */
export function useOverlays(): Overlays {
  const { overlays, averageLengths } = usePreferences();
  const { averages, volume } = overlays;
  return useMemo(
    // Twice the same average is one.
    () => ({ averages: averages ? [...new Set(averageLengths)] : [], volume }),
    [averages, averageLengths, volume],
  );
}

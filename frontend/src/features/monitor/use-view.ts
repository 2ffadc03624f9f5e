import { useMemo } from "react";
import type { ClientConfig } from "@/api/types";
import { navigate, useSearch } from "@/stores/location";
import { parseView, type View, viewAddress } from "./view-state";

export type ChangeView = (change: Partial<View>, mode?: "push" | "replace") => void;

/** The view that the address names, and how to change it. */
export function useView(config: ClientConfig): [View, ChangeView] {
  const search = useSearch();
  const view = useMemo(() => parseView(search, config), [search, config]);
  const change: ChangeView = (part, mode = "push") => {
    // From the address as it is now: two changes in one turn must not undo each other.
    const now = parseView(window.location.search, config);
    navigate(viewAddress({ ...now, ...part }), mode);
  };
  return [view, change];
}

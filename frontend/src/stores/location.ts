import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const left = new Map<string, string>();

function announce(): void {
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** The page an address belongs to: its first part, as `/pair` of `/pair/BTCUSDT/ETHUSDT`. */
export function pageOf(pathname: string): string {
  return `/${pathname.split("/", 2)[1] ?? ""}`;
}

/** Goes to an address of this page; `replace` leaves no entry to come back to. */
export function navigate(address: string, mode: "push" | "replace" = "push"): void {
  const { pathname, search } = window.location;
  if (address === pathname + search) return;
  left.set(pageOf(pathname), pathname + search);
  if (mode === "push") window.history.pushState(null, "", address);
  else window.history.replaceState(null, "", address);
  announce();
}

/** The address of a page as it was when it was left. */
export function lastAddress(path: string): string {
  return left.get(path) ?? path;
}

export const usePath = () => useSyncExternalStore(listen, () => window.location.pathname);
export const useSearch = () => useSyncExternalStore(listen, () => window.location.search);

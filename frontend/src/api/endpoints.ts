/** Where the server is: the page's own origin unless the environment says otherwise at build time. */
export const API_BASE = (import.meta.env.VITE_API_BASE_URL ?? "").replace(/\/$/, "");

/** The server's whole address, for whoever is not on the page. */
export const serverUrl = () => API_BASE || window.location.origin;

export function socketUrl(): string {
  const configured = import.meta.env.VITE_WS_URL;
  if (configured) return configured;
  const base = new URL(serverUrl());
  base.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  base.pathname = "/ws";
  return base.toString();
}

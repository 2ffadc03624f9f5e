import { API_BASE } from "./endpoints";

const KEY = "quant.token";

/** Whether the server is on another origin than the page: its cookie is for pages of its own alone. */
export const isApart = API_BASE !== "" && new URL(API_BASE).origin !== window.location.origin;

/**
 * Keeps the token that was given at the sign-in, or forgets it. The tab's own store has it: it outlives a reload, and is
 * gone with the tab.
 */
export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}

/** The header that proves who asks; none where the browser's cookie does, or where nobody has signed in. */
export function proof(): Record<string, string> {
  const token = isApart ? sessionStorage.getItem(KEY) : null;
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

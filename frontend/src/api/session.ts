import { command, getJson, postJson } from "./http";
import { isApart, keepToken, proof } from "./proof";
import type { AccessToken, SessionState, SignIn, SocketTicket } from "./types";

export const askSession = () => getJson<SessionState>("/auth/session");

/**
 * Signs in with a name and a password or with the server's token. The browser keeps the proof in a cookie, which no
 * script can read; a page of another origin than the server's keeps it itself.
 */
export async function signIn(given: Pick<SignIn, "username" | "password" | "token">): Promise<void> {
  const answer = await postJson<AccessToken>("/auth/token", { ...given, cookie: !isApart });
  if (isApart) keepToken(answer.access_token);
}

export async function signOut(): Promise<void> {
  await command("POST", "/auth/logout");
  keepToken(null);
}

/** What opens one WebSocket, which can show no header; null where the browser's cookie does, or nothing has to. */
export function askTicket(): Promise<string> | null {
  if (!("authorization" in proof())) return null;
  return postJson<SocketTicket>("/auth/ticket", {}).then(({ ticket }) => ticket);
}

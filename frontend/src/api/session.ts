import { command, getJson, postJson } from "./http";
import type { AccessToken, SessionState, SignIn } from "./types";

export const askSession = () => getJson<SessionState>("/auth/session");

/** Signs in with a name and a password or with the server's token; the browser keeps the proof in a cookie. */
export const signIn = (proof: Pick<SignIn, "username" | "password" | "token">) =>
  postJson<AccessToken>("/auth/token", { ...proof, cookie: true });

export const signOut = () => command("POST", "/auth/logout");

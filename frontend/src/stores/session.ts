import { create } from "zustand";
import { onSignedOut } from "@/api/http";
import { askSession } from "@/api/session";
import type { SessionState } from "@/api/types";

type Session = SessionState & {
  /** Why somebody who was signed in no longer is, for the page to sign in on. */
  because: string | null;
};

// Until the server has said otherwise, as it is without any sign-in: the server refuses in any case.
const NOBODY: Session = {
  required: false,
  kind: null,
  user: null,
  role: null,
  expires_at: null,
  insecure: false,
  because: null,
};

export const useSession = create<Session>(() => NOBODY);

/** Whether the page has to ask for a sign-in before it can show anything. */
export const mustSignIn = ({ required, role }: Session) => required && role === null;

/** Asks the server who we are to it. A server that does not answer leaves things as they are. */
export async function refreshSession(because: string | null = null): Promise<void> {
  const session = await askSession().catch(() => null);
  if (session) useSession.setState({ ...session, because });
}

const WORDS: Record<string, string> = {
  expired: "Your sign-in has expired.",
  revoked: "You were signed out.",
};

/** Notes that the server takes our sign-in no more. */
export function signedOut(reason: string): void {
  if (mustSignIn(useSession.getState())) return;
  const because = WORDS[reason] ?? "Sign in to go on.";
  useSession.setState({ required: true, kind: null, user: null, role: null, expires_at: null, because });
}

onSignedOut(() => signedOut("needed"));

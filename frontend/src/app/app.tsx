import { useCallback, useEffect } from "react";
import { lazily } from "@/components/lazily";
import { type Permit, PermitContext } from "@/components/ui/permit";
import { refusal } from "@/lib/roles";
import { useUnread } from "@/stores/alerts";
import { navigate, pageOf, usePath } from "@/stores/location";
import { mustSignIn, useSession } from "@/stores/session";
import { Boundary } from "./boundary";
import { PAGES } from "./pages";
import { Shell } from "./shell";
import { Tools } from "./tools";

// Most never see it.
const SignIn = lazily(() => import("./sign-in").then((module) => module.SignIn));

function NotFound({ path }: { path: string }) {
  return (
    <main className="p-4">
      <h1 className="text-stat font-semibold">There is no page {path}</h1>
      <button type="button" className="text-leg-a underline" onClick={() => navigate("/", "replace")}>
        Go to the Monitor
      </button>
    </main>
  );
}

export function App() {
  const barred = useSession(mustSignIn);
  const role = useSession((session) => session.role);
  const permit = useCallback<Permit>((least) => (role === null ? null : refusal(role, least)), [role]);
  useEffect(() => {
    if (barred) document.title = "Sign in · Quant Analytics Platform";
  }, [barred]);
  if (barred) return <SignIn />;
  return (
    <PermitContext value={permit}>
      <Pages />
    </PermitContext>
  );
}

function Pages() {
  const path = usePath();
  const page = PAGES.find((known) => known.path === pageOf(path));
  const unread = useUnread().length;
  useEffect(() => {
    // Also told in the tab of a window that nobody looks at.
    const count = unread > 0 ? `(${unread}) ` : "";
    document.title = `${count}${page?.title ?? "Not found"} · Quant Analytics Platform`;
  }, [page, unread]);
  return (
    <>
      <Boundary key={pageOf(path)}>
        {page ? <page.Content tools={<Tools />} /> : <NotFound path={path} />}
      </Boundary>
      <Shell />
    </>
  );
}

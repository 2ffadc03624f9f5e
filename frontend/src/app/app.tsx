import { useEffect } from "react";
import { useUnread } from "@/stores/alerts";
import { navigate, pageOf, usePath } from "@/stores/location";
import { PAGES } from "./pages";
import { Shell } from "./shell";
import { Tools } from "./tools";

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
      {page ? <page.Content tools={<Tools />} /> : <NotFound path={path} />}
      <Shell />
    </>
  );
}

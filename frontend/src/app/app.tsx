import { useEffect } from "react";
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
  useEffect(() => {
    document.title = `${page?.title ?? "Not found"} · Quant Analytics Platform`;
  }, [page]);
  return (
    <>
      {page ? <page.Content tools={<Tools />} /> : <NotFound path={path} />}
      <Shell />
    </>
  );
}

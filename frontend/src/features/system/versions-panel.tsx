import { Copy } from "lucide-react";
import { useEffect, useState } from "react";
import type { SystemStatus } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Fact, Value } from "./fact";
import { LoadPanel } from "./load-panel";
import { reportOf } from "./report";
import type { Load } from "./use-system";

const SAID_MS = 3000;
const WORDS = { ready: "Copy", copied: "Copied", refused: "Not copied" };

/** Browsers give the clipboard to pages over TLS and on loopback only; others may still copy what is selected. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function CopyButton({ data }: { data: SystemStatus }) {
  const [said, setSaid] = useState<keyof typeof WORDS>("ready");
  useEffect(() => {
    if (said === "ready") return;
    const timer = setTimeout(() => setSaid("ready"), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const press = () =>
    void copy(reportOf(data, navigator.userAgent)).then((done) => setSaid(done ? "copied" : "refused"));
  return (
    <>
      <Button
        size="small"
        className="w-22"
        title={
          said === "refused"
            ? "The browser refuses: select the list and copy it"
            : "Versions and size, for a report of a mistake"
        }
        onClick={press}
      >
        <Copy aria-hidden className="size-3.5" /> {WORDS[said]}
      </Button>
      <span role="status" className="sr-only">
        {said !== "ready" && `${WORDS[said]}`}
      </span>
    </>
  );
}

function List({ versions }: SystemStatus) {
  const named = { Product: versions.product, Python: versions.python, SQLite: versions.sqlite };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section aria-label="List of versions" tabIndex={0} className="absolute inset-0 overflow-auto">
      <dl className="flex flex-col gap-0.5 px-2 py-1.5">
        {Object.entries(named).map(([name, version]) => (
          <Fact key={name} name={name}>
            <Value field={`version_${name.toLowerCase()}`}>{version}</Value>
          </Fact>
        ))}
        <Fact name="System">
          <span data-field="version_platform" className="break-words">
            {versions.platform}
          </span>
        </Fact>
        {Object.entries(versions.libraries).map(([name, version]) => (
          <Fact key={name} name={name}>
            <Value field={`library_${name}`}>{version}</Value>
          </Fact>
        ))}
      </dl>
    </section>
  );
}

/** What runs, as a report of a mistake has to say it. */
export function VersionsPanel({ load }: { load: Load }) {
  return (
    <LoadPanel
      title="Versions"
      load={load}
      actions={(data) => <CopyButton data={data} />}
      className="max-lg:h-60 lg:min-h-24 lg:flex-5"
    >
      {(data) => <List {...data} />}
    </LoadPanel>
  );
}

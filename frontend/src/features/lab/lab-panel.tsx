import type { ReactNode } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { count } from "@/lib/format";
import type { Lab } from "./use-lab";

/** What a panel of the lab shows while there is no examination: it waits, warms up, or has failed. */
export function LabState({ lab, name }: { lab: Lab; name: string }) {
  if (lab.warming) {
    return (
      <p role="status" className="p-3 text-fg-2">
        Warming up: {count(lab.warming.have)} of {count(lab.warming.need)} bars
      </p>
    );
  }
  if (lab.error) return <p className="p-3 text-fg-2">Not computed: see above.</p>;
  return <Skeleton label={`Waiting for: ${name}`} />;
}

/** A dash and its reason, in the place of numbers. */
export function Absent({ children }: { children: string }) {
  return (
    <p className="p-3 text-fg-2">
      <span aria-hidden>– </span>
      {children}
    </p>
  );
}

/** What a number means and when it must not be trusted, under what shows it. */
export function Note({ means, beware }: { means: ReactNode; beware: ReactNode }) {
  return (
    <p className="shrink-0 border-t border-line px-2 py-1 text-label text-fg-2">
      {means} <span className="text-fg">Beware:</span> {beware}
    </p>
  );
}

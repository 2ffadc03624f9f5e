import type { ReactNode } from "react";

/** A name and what holds of it, one line of a `dl`. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-3">
      <dt className="shrink-0 text-fg-2">{name}</dt>
      <dd className="min-w-0 text-right">{children}</dd>
    </div>
  );
}

/** One number of a fact. */
export function Value({ field, children }: { field: string; children: string }) {
  return <span data-field={field}>{children}</span>;
}

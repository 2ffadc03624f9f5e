import { type ReactNode, useId } from "react";
import { classNames } from "@/lib/class-names";

type Props = { title: string; actions?: ReactNode; className?: string; children: ReactNode };

/** A titled box of the dashboard. */
export function Panel({ title, actions, className, children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={classNames(
        "flex min-h-0 min-w-0 flex-col rounded-base border border-line bg-card",
        className,
      )}
    >
      <header className="over-splitters flex h-7 shrink-0 items-center gap-2 border-b border-line pr-1 pl-2">
        <h2 id={id} className="flex-1 truncate text-label font-semibold text-fg-2">
          {title}
        </h2>
        {actions}
      </header>
      <div className="relative min-h-0 flex-1">{children}</div>
    </section>
  );
}

import { type ComponentProps, useId } from "react";
import { classNames } from "@/lib/class-names";

type Props = ComponentProps<"input"> & { label: string; problem?: string | null };

/** A labelled input; what is wrong with it is said under it and tied to it. */
export function Field({ label, problem = null, className, ...rest }: Props) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <label htmlFor={id} className="text-label text-fg-2">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-problem`}
        className={classNames(
          "h-7 min-w-0 rounded-base border border-control bg-card px-2 aria-invalid:border-crit",
          className,
        )}
        {...rest}
      />
      {problem !== null && (
        <span id={`${id}-problem`} role="alert" className="text-label text-crit">
          {problem}
        </span>
      )}
    </div>
  );
}

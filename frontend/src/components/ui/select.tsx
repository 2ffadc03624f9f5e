import { useId } from "react";
import { classNames } from "@/lib/class-names";
import type { Role } from "@/lib/roles";
import { useRefusal } from "./permit";

export type Option = { value: string; label: string; disabled?: boolean };
type Props = {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
  /** Shown before the control; otherwise the label is for screen readers only. */
  caption?: string;
  /** Low enough for the head of a panel. */
  small?: boolean;
  className?: string;
  /** The least role that may choose. */
  needs?: Role;
};

/** A labelled native select: small, and at home with keyboard, touch and screen readers. */
export function Select({ label, value, options, onChange, caption, small = false, className, needs }: Props) {
  const id = useId();
  const refused = useRefusal(needs);
  return (
    <div className="flex items-center gap-1.5">
      <label htmlFor={id} className={caption ? "text-label text-fg-2 max-lg:sr-only" : "sr-only"}>
        {caption ?? label}
      </label>
      <select
        id={id}
        aria-label={label}
        value={value}
        disabled={refused !== null}
        title={refused ?? undefined}
        onChange={(event) => onChange(event.target.value)}
        className={classNames(
          "rounded-base border border-control bg-card px-1.5 text-fg enabled:hover:bg-raised disabled:opacity-50",
          small ? "h-6 text-label" : "h-7 text-body",
          className,
        )}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled ?? false}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

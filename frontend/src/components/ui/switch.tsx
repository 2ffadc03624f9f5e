import type { Role } from "@/lib/roles";
import { useRefusal } from "./permit";

type Props = {
  label: string;
  on: boolean;
  disabled?: boolean;
  /** The least role that may change it. */
  needs?: Role;
  onChange: (on: boolean) => void;
};

/** Something that is on or off at once, without a form. */
export function Switch({ label, on, disabled = false, needs, onChange }: Props) {
  const refused = useRefusal(needs);
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={label}
      title={refused ?? (on ? "On" : "Off")}
      disabled={disabled || refused !== null}
      onClick={() => onChange(!on)}
      className="inline-flex h-6 w-9 shrink-0 items-center disabled:opacity-50"
    >
      <span
        className={`flex h-4.5 w-8 items-center rounded-full border px-0.5 ${on ? "justify-end border-primary bg-primary" : "justify-start border-control bg-card"}`}
      >
        <span className={`size-3 rounded-full ${on ? "bg-on-primary" : "bg-control"}`} />
      </span>
    </button>
  );
}

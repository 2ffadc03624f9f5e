import { useId } from "react";
import type { Option } from "@/components/ui/select";

type Props<Value extends string> = {
  label: string;
  value: Value;
  options: readonly (Option & { value: Value })[];
  onChange: (value: Value) => void;
};

/** One of a few, all in sight. */
export function Choice<Value extends string>({ label, value, options, onChange }: Props<Value>) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="mb-0.5 text-label text-fg-2">{label}</legend>
      <div className="flex w-fit overflow-hidden rounded-base border border-control">
        {options.map((option) => (
          <label
            key={option.value}
            className="flex h-7 cursor-pointer items-center border-l border-control px-2.5 first:border-l-0 hover:bg-raised has-checked:bg-primary has-checked:text-on-primary has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-fg"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="sr-only"
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

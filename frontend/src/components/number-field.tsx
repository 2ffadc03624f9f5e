import { useEffect, useId, useState } from "react";

type Props = {
  label: string;
  /** Shown before the field; the label is for screen readers. */
  caption: string;
  value: number | null;
  title?: string;
  onChange: (value: number | null) => void;
};

/** A bound that may be empty. It takes effect on Enter or on leaving the field; what is wrong is said beside it. */
export function NumberField({ label, caption, value, title, onChange }: Props) {
  const shown = value === null ? "" : String(value);
  const [text, setText] = useState(shown);
  const id = useId();
  useEffect(() => setText(shown), [shown]);
  const number = text.trim() === "" ? null : Number(text);
  const wrong = number !== null && !(Number.isFinite(number) && number >= 0);
  const commit = () => {
    if (!wrong && number !== value) onChange(number);
  };
  return (
    <div className="flex items-center gap-1.5">
      <label htmlFor={id} className="text-label whitespace-nowrap text-fg-2">
        {caption}
      </label>
      <input
        id={id}
        aria-label={label}
        inputMode="decimal"
        value={text}
        placeholder="any"
        title={title}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${id}-problem` : undefined}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
        className="h-7 w-11 rounded-base border border-control bg-card px-1.5 placeholder:text-fg-3 aria-invalid:border-crit"
      />
      {wrong && (
        <span id={`${id}-problem`} role="alert" className="text-label text-crit">
          A number from 0 on.
        </span>
      )}
    </div>
  );
}

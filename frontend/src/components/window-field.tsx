import { useEffect, useId, useState } from "react";
import { FIT_WINDOW, type WindowBounds, windowProblem } from "@/lib/window";

type Props = {
  window: number;
  bounds?: WindowBounds;
  /** Its name where it is not the only window. */
  label?: string;
  onChange: (window: number) => void;
};

/** The window in bars. It takes effect on Enter or on leaving the field; what is wrong is said beside it. */
export function WindowField({ window, bounds = FIT_WINDOW, label, onChange }: Props) {
  const [text, setText] = useState(String(window));
  const id = useId();
  const problem = windowProblem(text, bounds);
  useEffect(() => setText(String(window)), [window]);
  const commit = () => {
    if (problem === null && Number(text) !== window) onChange(Number(text));
  };
  return (
    <div className="flex items-center gap-1.5">
      <label htmlFor={id} className={label ? "sr-only" : "text-label text-fg-2 max-lg:sr-only"}>
        {label ?? "Window"}
      </label>
      <input
        id={id}
        inputMode="numeric"
        value={text}
        aria-invalid={problem !== null}
        aria-describedby={problem ? `${id}-problem` : undefined}
        title={`${bounds.least} to ${bounds.most} bars`}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
        className="h-7 w-14 rounded-base border border-control bg-card px-2 aria-invalid:border-crit"
      />
      {problem && (
        <span id={`${id}-problem`} role="alert" className="text-label text-crit">
          {problem}
        </span>
      )}
    </div>
  );
}

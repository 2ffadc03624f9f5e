import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import type { ChangeView } from "./use-view";
import { thresholdProblem, type View } from "./view-state";

type Props = { view: View; onChange: ChangeView };
const FIELDS = [
  { key: "entry", label: "Entry" },
  { key: "exit", label: "Exit" },
  { key: "stop", label: "Stop" },
] as const;

function Form({ view, onDone }: { view: View; onDone: (part: Partial<View> | null) => void }) {
  const id = useId();
  const [texts, setTexts] = useState(() => ({
    entry: String(view.entry),
    exit: String(view.exit),
    stop: String(view.stop),
  }));
  const number = (text: string) => (text.trim() === "" ? Number.NaN : Number(text));
  const typed = { entry: number(texts.entry), exit: number(texts.exit), stop: number(texts.stop) };
  const problem = thresholdProblem(typed);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problem === null) onDone(typed);
  };
  return (
    <form onSubmit={submit} className="flex w-60 flex-col gap-2 p-3">
      <p className="text-label text-fg-2">Thresholds of |z|, for lines, markers and the signal in words.</p>
      <div className="grid grid-cols-3 gap-2">
        {FIELDS.map(({ key, label }) => (
          <div key={key} className="flex flex-col gap-1">
            <label htmlFor={`${id}-${key}`} className="text-label text-fg-2">
              {label}
            </label>
            <input
              id={`${id}-${key}`}
              inputMode="decimal"
              value={texts[key]}
              aria-invalid={problem !== null}
              aria-describedby={problem ? `${id}-problem` : undefined}
              onChange={(event) => setTexts({ ...texts, [key]: event.target.value })}
              className="h-7 w-full rounded-base border border-control bg-card px-2 aria-invalid:border-crit"
            />
          </div>
        ))}
      </div>
      <p id={`${id}-problem`} role="alert" className="min-h-4 text-label text-crit">
        {problem}
      </p>
      <div className="flex justify-end gap-2">
        <Button onClick={() => onDone(null)}>Cancel</Button>
        <Button type="submit" look="primary" disabled={problem !== null}>
          Set
        </Button>
      </div>
    </form>
  );
}

/** Entry, exit and stop of z, as part of the address. */
export function ThresholdPicker({ view, onChange }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      label="Thresholds of z"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button>
          z <span className="text-fg-2">±{view.entry}</span>
          <span className="sr-only"> entry: change the thresholds</span>
        </Button>
      }
    >
      <Form
        view={view}
        onDone={(part) => {
          if (part) onChange(part);
          setOpen(false);
        }}
      />
    </Popover>
  );
}

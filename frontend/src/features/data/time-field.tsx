import { useEffect, useState } from "react";
import type { TimeZone } from "@/lib/format";
import { Field } from "./field";
import { fieldText, fieldTime, LAST_TEXT } from "./times";

type Props = {
  label: string;
  value: number | null;
  zone: TimeZone;
  problem?: string | null;
  onChange: (value: number | null) => void;
};

function ownProblem({ value, validity }: HTMLInputElement, zone: TimeZone): string | null {
  if (validity.badInput) return "The time is not complete.";
  return value !== "" && fieldTime(value, zone) === null ? "The time is before 1970." : null;
}

/**
 * A moment that may be empty. It takes effect once it is whole: a year passes through other years while it is typed. What
 * is wrong is said on leaving the field or on Enter.
 */
export function TimeField({ label, value, zone, problem = null, onChange }: Props) {
  const shown = fieldText(value, zone);
  const [text, setText] = useState(shown);
  const [wrong, setWrong] = useState<string | null>(null);
  useEffect(() => {
    // The same time as the browser writes it stays: a field that is written to loses the digits of a part half typed.
    setText((typed) => (fieldTime(typed, zone) === value ? typed : shown));
    setWrong(null);
  }, [shown, value, zone]);
  const typed = (input: HTMLInputElement) => {
    setText(input.value);
    setWrong(null);
    if (ownProblem(input, zone) === null) onChange(fieldTime(input.value, zone));
  };
  const settle = (input: HTMLInputElement) => setWrong(ownProblem(input, zone));
  return (
    <Field
      label={label}
      problem={wrong ?? problem}
      type="datetime-local"
      step={1}
      // Without it a year has six digits.
      max={LAST_TEXT}
      value={text}
      onChange={({ currentTarget }) => typed(currentTarget)}
      onBlur={({ currentTarget }) => settle(currentTarget)}
      onKeyDown={({ key, currentTarget }) => key === "Enter" && settle(currentTarget)}
    />
  );
}

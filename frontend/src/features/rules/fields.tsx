import type { ComponentProps, ReactNode } from "react";
import { classNames } from "@/lib/class-names";
import type { FieldId } from "./document";
import { useRuleForm } from "./form";
import { whenPointerIsUp } from "./pointer";

const CONTROL =
  "h-7 w-full rounded-base border border-control bg-card px-2 text-body text-fg aria-invalid:border-crit";

type FrameProps = {
  id: FieldId;
  label: string;
  /** Behind the label: the unit, or that it may be left empty. */
  hint?: string;
  width: string;
  children: (control: ControlProps) => ReactNode;
};
type ControlProps = {
  id: string;
  className: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
  onBlur: () => void;
};

/** A labelled field; what is wrong with it stands below it and is tied to it. */
function Frame({ id, label, hint, width, children }: FrameProps) {
  const { prefix, problemOf, touch } = useRuleForm();
  const element = `${prefix}-${id}`;
  const problem = problemOf(id);
  const described = [hint && `${element}-hint`, problem && `${element}-problem`].filter(Boolean).join(" ");
  return (
    <div className={classNames("flex min-w-0 flex-col gap-0.5", width)}>
      <div className="flex gap-1 text-label whitespace-nowrap text-fg-2">
        <label htmlFor={element}>{label}</label>
        {hint && (
          <span id={`${element}-hint`} className="truncate text-fg-3">
            {hint}
          </span>
        )}
      </div>
      {children({
        id: element,
        className: CONTROL,
        "aria-invalid": problem !== null,
        "aria-describedby": described || undefined,
        // A text that appears between press and release would move what is being clicked.
        onBlur: () => whenPointerIsUp(() => touch(id)),
      })}
      {problem !== null && (
        <p id={`${element}-problem`} className="text-label break-words text-crit">
          {problem}
        </p>
      )}
    </div>
  );
}

type Common = Pick<FrameProps, "id" | "label" | "hint" | "width">;
type TextProps = Common & {
  value: string;
  onChange: (value: string) => void;
} & Pick<ComponentProps<"input">, "type" | "inputMode" | "maxLength" | "placeholder">;

export function TextField({ id, label, hint, width, value, onChange, ...rest }: TextProps) {
  return (
    <Frame {...{ id, label, width }} {...(hint ? { hint } : {})}>
      {(control) => (
        <input
          {...control}
          autoComplete="off"
          spellCheck={false}
          {...rest}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Frame>
  );
}

/** A number as text, so that what is typed stays until it is one. */
export function NumberField(props: Omit<TextProps, "type" | "inputMode">) {
  return <TextField {...props} inputMode="decimal" />;
}

type Choice = { value: string; label: string };
export type ChoiceGroup = { label: string; choices: readonly Choice[] };
type ChoiceProps = Common & {
  value: string;
  choices?: readonly Choice[];
  groups?: readonly ChoiceGroup[];
  onChange: (value: string) => void;
};

export function ChoiceField({ id, label, hint, width, value, choices, groups, onChange }: ChoiceProps) {
  const option = (choice: Choice) => (
    <option key={choice.value} value={choice.value}>
      {choice.label}
    </option>
  );
  return (
    <Frame {...{ id, label, width }} {...(hint ? { hint } : {})}>
      {({ className, ...control }) => (
        <select
          {...control}
          className={`${className} px-1`}
          value={value}
          onChange={({ target }) => onChange(target.value)}
        >
          {choices?.map(option)}
          {groups?.map((group) => (
            <optgroup key={group.label} label={group.label}>
              {group.choices.map(option)}
            </optgroup>
          ))}
        </select>
      )}
    </Frame>
  );
}

type CheckProps = { label: string; title?: string; checked: boolean; onChange: (checked: boolean) => void };

export function CheckField({ label, title, checked, onChange }: CheckProps) {
  return (
    <label className="flex min-h-7 items-center gap-1.5 whitespace-nowrap" title={title}>
      <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
      {label}
    </label>
  );
}

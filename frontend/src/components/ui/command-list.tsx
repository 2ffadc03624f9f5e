import { type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from "react";
import { bestMatches } from "@/lib/search";

export type Command = {
  id: string;
  group: string;
  title: string;
  /** What it would change from, or its shortcut: shown at the end of the line. */
  hint?: string;
  /** Further words by which it is found. */
  words?: string;
  run: () => void;
};

const MOST_SHOWN = 60;

type Props = { label: string; placeholder: string; commands: readonly Command[]; onDone: () => void };

/**
 * A search field over a list of commands, by the combobox pattern: the focus stays in the field, the arrow keys move
 * `aria-activedescendant`, which always names an option that is there.
 */
export function CommandList({ label, placeholder, commands, onDone }: Props) {
  const [typed, setTyped] = useState("");
  const [wanted, setWanted] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const found = bestMatches(
    commands,
    typed,
    ({ title, words, group }) => `${title} ${words ?? ""} ${group}`,
    MOST_SHOWN,
  );
  // Options are shown by group, groups in the order of their best option.
  const groups = [...new Set(found.map(({ group }) => group))].map((name) => ({
    name,
    commands: found.filter(({ group }) => group === name),
  }));
  const options = groups.flatMap((group) => group.commands);
  const active = Math.min(wanted, options.length - 1);
  const optionId = (command: Command) => `${id}-${command.id}`;
  const activeCommand = options[active];

  useLayoutEffect(() => {
    // jsdom has no layout and no scrollIntoView.
    list.current?.querySelector?.("[aria-selected=true]")?.scrollIntoView?.({ block: "nearest" });
  });

  const run = (command: Command | undefined) => {
    if (!command) return;
    // First closed, so that what the command opens or focuses is not closed with it.
    onDone();
    command.run();
  };
  const move = (to: number) => setWanted((to + options.length) % Math.max(1, options.length));
  const pressed = (event: KeyboardEvent) => {
    const step = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: options.length - 1 }[event.key];
    if (event.key === "Enter") run(activeCommand);
    else if (step !== undefined) move(step);
    else return;
    event.preventDefault();
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={activeCommand ? optionId(activeCommand) : undefined}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setWanted(0);
        }}
        onKeyDown={pressed}
        className="h-10 w-full shrink-0 border-b border-line bg-card px-3 text-stat outline-offset-[-2px] placeholder:text-fg-3"
      />
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={label}
        className="min-h-0 flex-1 overflow-y-auto p-1"
      >
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset may not stand in a listbox
          <div key={group.name} role="group" aria-label={group.name}>
            <div aria-hidden className="px-2 pt-1.5 pb-0.5 text-label text-fg-3">
              {group.name}
            </div>
            {group.commands.map((command) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's, which keeps the focus
              <div
                key={command.id}
                id={optionId(command)}
                role="option"
                tabIndex={-1}
                aria-selected={command === activeCommand}
                onMouseMove={() => setWanted(options.indexOf(command))}
                onClick={() => run(command)}
                className="flex min-h-7 cursor-pointer items-center gap-3 rounded-base px-2 aria-selected:bg-raised"
              >
                <span className="min-w-0 flex-1 truncate">{command.title}</span>
                {command.hint && <span className="shrink-0 text-label text-fg-2">{command.hint}</span>}
              </div>
            ))}
          </div>
        ))}
      </div>
      <p role="status" className={options.length === 0 ? "px-3 pb-3 text-fg-2" : "sr-only"}>
        {options.length === 0 ? "Nothing matches." : `${options.length} found`}
      </p>
    </div>
  );
}

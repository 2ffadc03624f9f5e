import { Tabs as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";

export type Tab = {
  key: string;
  title: string;
  content: ReactNode;
  /** Controls at the end of the row of names while it is chosen. */
  actions?: ReactNode;
};

type Props = {
  label: string;
  tabs: readonly Tab[];
  initial?: string;
  /** As low as the head of a panel. */
  small?: boolean;
  /** Names side by side at the left, where they would else be far apart. */
  compact?: boolean;
};

/** Tabs of which only the chosen one is mounted. */
export function Tabs({ label, tabs, initial, small = false, compact = false }: Props) {
  const [chosen, setChosen] = useState(initial ?? tabs[0]?.key ?? "");
  const actions = tabs.find(({ key }) => key === chosen)?.actions;
  return (
    <Radix.Root value={chosen} onValueChange={setChosen} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="over-splitters flex shrink-0 items-center border-b border-line">
        <Radix.List aria-label={label} className="-mb-px flex min-w-0 flex-1 overflow-x-auto">
          {tabs.map((tab) => (
            <Radix.Trigger
              key={tab.key}
              value={tab.key}
              className={`-outline-offset-2 border-b-2 whitespace-nowrap border-transparent text-fg-2 data-[state=active]:border-primary data-[state=active]:text-fg ${small ? "h-7 text-label font-semibold" : "h-8 text-body"} ${compact ? "px-4" : "flex-1 px-1"}`}
            >
              {tab.title}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {actions && <div className="flex shrink-0 items-center">{actions}</div>}
      </div>
      {tabs.map((tab) => (
        <Radix.Content key={tab.key} value={tab.key} className="relative min-h-0 flex-1">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

import { PAGES } from "./pages";

export type Shortcut = {
  /** As `KeyboardEvent.key`; two keys are pressed one after the other. */
  keys: readonly string[];
  action: string;
  /** What it does, in words. */
  does: string;
  group: string;
};

const MONITOR: Shortcut[] = [
  { keys: ["x"], action: "swap", does: "Swap the legs", group: "Monitor" },
  { keys: ["]"], action: "next-pair", does: "Next streaming pair", group: "Monitor" },
  { keys: ["["], action: "previous-pair", does: "Previous streaming pair", group: "Monitor" },
  { keys: ["."], action: "next-interval", does: "Longer interval", group: "Monitor" },
  { keys: [","], action: "previous-interval", does: "Shorter interval", group: "Monitor" },
  { keys: ["m"], action: "next-method", does: "Next hedge method", group: "Monitor" },
  { keys: ["l"], action: "scale", does: "Level or log prices", group: "Monitor" },
];
const LOOK: Shortcut[] = [
  { keys: ["t"], action: "theme", does: "Dark or light theme", group: "Look" },
  { keys: ["p"], action: "palette", does: "Next palette of up and down", group: "Look" },
  { keys: ["u"], action: "zone", does: "UTC or local time", group: "Look" },
];

/** Single keys; they can be switched off, and mean nothing while something is typed. */
export const SHORTCUTS: readonly Shortcut[] = [
  ...PAGES.map(({ path, title, key }) => ({
    keys: ["g", key],
    action: `page:${path}`,
    does: `Go to ${title}`,
    group: "Pages",
  })),
  ...MONITOR,
  ...LOOK,
  { keys: ["?"], action: "help", does: "This sheet", group: "Pages" },
];

/** What is not a single key, and therefore always works. */
export const ALWAYS: readonly Shortcut[] = [
  {
    keys: ["Ctrl K", "⌘ K"],
    action: "palette-open",
    does: "Find a pair, a page or an action",
    group: "Pages",
  },
];

const SEQUENCE_MS = 1200;
const FIELD = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches(FIELD);
}

/** Turns key presses into actions, with memory for the first key of two. */
export class ShortcutReader {
  private first: { key: string; at: number } | null = null;

  read(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "timeStamp">): string | null {
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    const { key, timeStamp } = event;
    const pending = this.first && timeStamp - this.first.at < SEQUENCE_MS ? this.first.key : null;
    this.first = null;
    const pair = SHORTCUTS.find(({ keys }) => keys.length === 2 && keys[0] === pending && keys[1] === key);
    if (pair) return pair.action;
    const single = SHORTCUTS.find(({ keys }) => keys.length === 1 && keys[0] === key);
    if (single) return single.action;
    if (SHORTCUTS.some(({ keys }) => keys.length === 2 && keys[0] === key))
      this.first = { key, at: timeStamp };
    return null;
  }
}

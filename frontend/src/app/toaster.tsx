import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { dismiss, hold, type Toast, type ToastTone, useToasts } from "@/stores/toasts";

const ICONS = { ok: CircleCheck, info: Info, warning: TriangleAlert, critical: CircleAlert };
const COLORS: Record<ToastTone, string> = {
  ok: "text-ok",
  info: "text-fg-2",
  warning: "text-warn",
  critical: "text-crit",
};
const EDGES: Record<ToastTone, string> = {
  ok: "border-control",
  info: "border-control",
  warning: "border-warn",
  critical: "border-crit",
};
const WORDS: Record<ToastTone, string> = {
  ok: "Done",
  info: "Info",
  warning: "Warning",
  critical: "Critical",
};
const MOST_SHOWN = 3;

function Message({ toast }: { toast: Toast }) {
  const { id, tone, title, detail, action } = toast;
  const [held, setHeld] = useState(false);
  const Icon = ICONS[tone];
  useEffect(() => (held ? hold(id) : undefined), [id, held]);
  return (
    <li
      data-toast={id}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      // A phone's page stays usable under the newest alone.
      className={`pointer-events-auto flex items-start gap-2 rounded-base border bg-card p-2 shadow-lg max-lg:not-last:hidden ${EDGES[tone]}`}
    >
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${COLORS[tone]}`} />
      <div className="min-w-0 flex-1">
        <p className="font-semibold break-words">
          <span className="sr-only">{WORDS[tone]}: </span>
          {title}
        </p>
        {detail && <p className="line-clamp-3 text-label break-words text-fg-2">{detail}</p>}
      </div>
      {action && (
        <Button
          size="small"
          onClick={() => {
            dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button look="ghost" size="tool" aria-label={`Close: ${title}`} onClick={() => dismiss(id)}>
        <X aria-hidden className="size-3.5" />
      </Button>
    </li>
  );
}

/** Short messages over the page's lower corner. The place is there before the first, so that it is read out. */
export function Toaster() {
  const toasts = useToasts();
  const shown = toasts.slice(-MOST_SHOWN);
  const more = toasts.length - shown.length;
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed right-2 bottom-[calc(2rem+var(--afloat,0rem))] left-2 z-60 ml-auto max-w-96"
    >
      <ul className="flex flex-col gap-1.5">
        {more > 0 && (
          <li className="pointer-events-auto flex items-center justify-between rounded-base border border-control bg-card py-1 pr-1 pl-2 text-label text-fg-2">
            and {more} more
            <Button look="ghost" size="small" onClick={() => dismiss(...toasts.map(({ id }) => id))}>
              Close all
            </Button>
          </li>
        )}
        {shown.map((toast) => (
          <Message key={toast.id} toast={toast} />
        ))}
      </ul>
    </section>
  );
}

import { cva, type VariantProps } from "class-variance-authority";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

const notice = cva("flex flex-wrap items-center gap-x-3 gap-y-1 rounded-base border px-3 py-1.5 text-body", {
  variants: {
    tone: {
      info: "border-line bg-raised text-fg",
      warn: "border-warn bg-card text-fg",
      failed: "border-crit bg-card text-fg",
    },
  },
  defaultVariants: { tone: "info" },
});
const ICONS = { info: Info, warn: TriangleAlert, failed: CircleAlert };
const ICON_COLORS = { info: "text-fg-2", warn: "text-warn", failed: "text-crit" };

type Props = VariantProps<typeof notice> & {
  children: ReactNode;
  /** What changes all the time, such as a countdown: it is seen, and never read out. */
  aside?: ReactNode;
  actions?: ReactNode;
};

/** One sentence about the state of things and, at its end, what to do about it. */
export function Notice({ tone, children, aside, actions }: Props) {
  const Icon = ICONS[tone ?? "info"];
  return (
    <div role={tone === "failed" ? "alert" : "status"} className={notice({ tone })}>
      <Icon aria-hidden className={`size-4 shrink-0 ${ICON_COLORS[tone ?? "info"]}`} />
      <span className="min-w-0 flex-1 basis-60">{children}</span>
      {aside && (
        <span aria-hidden className="text-fg-2">
          {aside}
        </span>
      )}
      {actions}
    </div>
  );
}

import type { ReactNode } from "react";
import { fixed } from "@/lib/format";
import { Afloat } from "./afloat";
import { Button } from "./ui/button";
import { Notice } from "./ui/notice";
import { useNow } from "./use-now";

type Props = {
  /** When the next try is; null while one is under way. */
  retryAt: number | null;
  /** When the server was heard last; for pages that do not say it elsewhere. */
  unheardSince?: number;
  onRetry: () => void;
  /** Whether there is something below that must not move: then it lies over that. */
  afloat?: boolean;
  /** Above the buttons of a form at the page's foot. */
  lifted?: boolean;
  /** What that means on this page. */
  children?: ReactNode;
};

/** Says that the server is away, what that means for what is shown, and when it is tried again. */
export function OfflineNotice({
  retryAt,
  unheardSince,
  onRetry,
  afloat = true,
  lifted = false,
  children,
}: Props) {
  const now = useNow(true, 250);
  const wait = retryAt === null ? 0 : Math.max(0, retryAt - now) / 1000;
  const age = unheardSince ? `Last word ${fixed(Math.max(0, now - unheardSince) / 1000, 0)} s ago. ` : "";
  const notice = (
    <Notice
      tone="warn"
      aside={age + (wait > 0 ? `Next try in ${fixed(wait, 0)} s.` : "Trying again.")}
      actions={<Button onClick={onRetry}>Try now</Button>}
    >
      The server does not answer. {children ?? "What you see is the last that came."}
    </Notice>
  );
  return afloat ? <Afloat lifted={lifted}>{notice}</Afloat> : notice;
}

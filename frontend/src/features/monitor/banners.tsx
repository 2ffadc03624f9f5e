import type { ReactNode } from "react";
import type { StreamStatus } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { useNow } from "@/components/use-now";
import { fixed } from "@/lib/format";
import { sourceName } from "@/lib/words";
import { socket, useLink } from "@/stores/link";
import type { PageState } from "./page-state";

function Offline() {
  const link = useLink((value) => value.state);
  const now = useNow(true, 250);
  const wait = link.phase === "offline" ? Math.max(0, link.retryAt - now) / 1000 : 0;
  return (
    <Notice
      tone="warn"
      aside={wait > 0 ? `Next try in ${fixed(wait, 0)} s.` : "Trying again."}
      actions={<Button onClick={() => socket.retryNow()}>Try now</Button>}
    >
      The server does not answer. What you see is the last that came; the page tries again by itself.
    </Notice>
  );
}

type Props = {
  state: PageState;
  status: StreamStatus | null;
  canSimulate: boolean;
  busy: boolean;
  onSimulate: () => void;
};

/** What is wrong with the connection or the source, and the one thing to do about it. */
export function Banners({ state, status, canSimulate, busy, onSimulate }: Props): ReactNode {
  if (state === "offline") return <Offline />;
  if (state !== "unreachable" && state !== "failed") return null;
  const simulate = (
    <Button look="primary" needs="operator" disabled={busy} onClick={onSimulate}>
      Use the simulated market
    </Button>
  );
  return (
    <Notice tone="warn" actions={canSimulate && simulate}>
      No data from {sourceName(status?.source ?? "the source")}
      {status?.reason ? `: ${status.reason}` : "."}
    </Notice>
  );
}

import type { ReactNode } from "react";
import type { StreamStatus } from "@/api/types";
import { OfflineNotice } from "@/components/offline-notice";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import type { PageState } from "@/lib/page-states";
import { sourceName } from "@/lib/words";
import { socket } from "@/stores/link";
import { useOffline } from "@/stores/offline";

type Props = {
  state: PageState;
  status: StreamStatus | null;
  canSimulate: boolean;
  busy: boolean;
  onSimulate: () => void;
};

function NoSource({ status, canSimulate, busy, onSimulate }: Omit<Props, "state">) {
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

/** What is wrong with the connection or the source, and the one thing to do about it. */
export function Banners({ state, ...props }: Props): ReactNode {
  const retryAt = useOffline()?.retryAt ?? null;
  if (state === "offline") {
    return <OfflineNotice retryAt={retryAt} afloat={false} onRetry={() => socket.retryNow()} />;
  }
  if (state !== "unreachable" && state !== "failed") return null;
  return <NoSource {...props} />;
}

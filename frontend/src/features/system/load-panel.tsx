import type { ReactNode } from "react";
import type { SystemStatus } from "@/api/types";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { zonedTime } from "@/lib/format";
import { usePreferences } from "@/stores/preferences";
import type { Load } from "./use-system";

type Props = {
  title: string;
  load: Load;
  actions?: (data: SystemStatus) => ReactNode;
  className: string;
  children: (data: SystemStatus) => ReactNode;
};

/** A panel of what the server says of itself: it waits, has failed, or says since when it stands still. */
export function LoadPanel({ title, load, actions, className, children }: Props) {
  const zone = usePreferences((preferences) => preferences.zone);
  const { data, error, isStale, askedAt } = load;
  const body = () => {
    if (data) return children(data);
    if (error) return <p className="p-3 text-fg-2">Not known: see above.</p>;
    return <Skeleton label={`Waiting for: ${title}`} />;
  };
  const stale = isStale && (
    <span className="text-label whitespace-nowrap text-warn" title="What came last" data-testid="stale">
      <span aria-hidden>▲ </span>stale {zonedTime(askedAt, "second", zone)}
    </span>
  );
  return (
    <Panel
      title={title}
      className={className}
      actions={
        <>
          {stale}
          {data && actions?.(data)}
        </>
      }
    >
      {body()}
    </Panel>
  );
}

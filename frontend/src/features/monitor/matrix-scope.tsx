import type { ReactNode } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import type { Matrix } from "./use-matrix";

type Props = { matrix: Matrix; children: ReactNode };

/** What all streaming pairs are tested with, which is seldom what the shown pair is fitted with, above the numbers. */
export function MatrixScope({ matrix: { scan, why, interval, window }, children }: Props) {
  const scope = `OLS, log prices, ${window} bars of ${interval}`;
  return (
    <div className="flex h-full flex-col">
      <p title={scope} className="h-5 shrink-0 truncate px-2 text-label leading-5 text-fg-2">
        {scope}
      </p>
      <div className="relative min-h-0 flex-1">
        {scan ? (
          children
        ) : why ? (
          <p className="p-3 text-fg-2">{why}</p>
        ) : (
          <Skeleton label="Testing all pairs" />
        )}
      </div>
    </div>
  );
}

import { classNames } from "@/lib/class-names";
import { percent } from "@/lib/format";
import { type Bucket, bucketName, shareText, tickOf } from "./latency";

type Props = { buckets: readonly Bucket[]; label: string };

/** A histogram in plain boxes; every second bound is left out where there is no room for it. */
export function LatencyBars({ buckets, label }: Props) {
  const most = Math.max(...buckets.map(({ share }) => share ?? 0));
  return (
    <div
      role="img"
      aria-label={label}
      className="grid h-full gap-px px-2 pt-1 text-center text-label text-fg-2"
      style={{ gridTemplateColumns: `repeat(${buckets.length}, minmax(0, 1fr))` }}
    >
      {buckets.map((bucket, at) => {
        const { share, trades } = bucket;
        return (
          <div
            key={bucketName(bucket)}
            title={`${bucketName(bucket)}: ${trades} trades, ${percent(share, 1)}`}
            data-bucket={at}
            data-trades={trades}
            className="flex min-h-0 flex-col"
          >
            <div className="min-h-0 flex-1 border-b border-control pt-3.5">
              <div className="flex h-full flex-col justify-end">
                <div
                  className={classNames("relative bg-leg-a", trades > 0 && "min-h-0.5")}
                  style={{ height: most > 0 ? `${(100 * (share ?? 0)) / most}%` : 0 }}
                >
                  <span className="absolute inset-x-0 -top-3.5">{shareText(bucket)}</span>
                </div>
              </div>
            </div>
            <span className={classNames("whitespace-nowrap", at % 2 === 0 && "max-sm:invisible")}>
              {tickOf(bucket)}
            </span>
          </div>
        );
      })}
    </div>
  );
}

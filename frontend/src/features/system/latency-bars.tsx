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
            <div className="flex min-h-0 flex-1 flex-col justify-end border-b border-control">
              <span>{shareText(bucket)}</span>
              <span
                className="flex max-h-[calc(100%-14px)] flex-col justify-end"
                style={{ height: `${most > 0 ? (100 * (share ?? 0)) / most : 0}%` }}
              >
                <span className={classNames("w-full flex-1 bg-leg-a", trades > 0 && "min-h-0.5")} />
              </span>
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

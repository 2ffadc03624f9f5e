import type { PairScan } from "@/api/types";
import { fixed, percent, pValue } from "@/lib/format";
import { plural } from "@/lib/words";

/** What was tested, how many finds there are, and how many of them luck alone would make. */
export function ScanSummary({ scan }: { scan: PairScan }) {
  const level = percent(scan.level ?? 0.05);
  const survived = scan.items.filter(({ holdout }) => holdout === "survived").length;
  const screened = scan.holdout_share === null ? null : percent(scan.holdout_share);
  return (
    <details className="rounded-base border border-line bg-card px-2 py-1 text-fg-2">
      <summary className="cursor-pointer">
        <span data-testid="summary">
          <span data-field="pairs_tested" data-value={scan.pairs_tested} className="text-fg">
            {plural(scan.pairs_tested, "pair")}
          </span>{" "}
          tested{scan.n !== null && ` on ${plural(scan.n, "bar")}`}:{" "}
          <span data-field="found" data-value={scan.found} className="text-fg">
            {scan.found} under {level}
          </span>
          , where luck alone makes{" "}
          <span data-field="expected_false" data-value={scan.expected_false} className="text-fg">
            {fixed(scan.expected_false, 1)}
          </span>
          ; <span className="text-fg">{survived} survived the hold-out</span>.
        </span>{" "}
        <span className="text-leg-a underline underline-offset-2">What this means</span>
      </summary>
      <dl className="grid gap-x-6 gap-y-2 py-2 lg:grid-cols-2">
        <div>
          <dt className="font-semibold text-fg">Expected by chance</dt>
          <dd>
            If no two of these symbols belonged together, about {fixed(scan.expected_false, 1)} of the{" "}
            {scan.pairs_tested} pairs would still be under {level}. Only what is found beyond that number says
            anything; the column “By chance” says the same for the p of its row.
          </dd>
        </div>
        <div>
          <dt className="font-semibold text-fg">q</dt>
          <dd>
            The p-value held against the number of pairs tested (Benjamini-Yekutieli, which allows for pairs
            that share a leg). Of all pairs with a q under 0.10, at most a tenth are expected to be false.
          </dd>
        </div>
        <div>
          <dt className="font-semibold text-fg">Hold-out</dt>
          <dd>
            Pairs with p under {pValue(scan.screen)} on the first part of the window are tested again on the
            last {screened ?? "part"}, which had no part in choosing them, and corrected for their number
            alone. What survives was found twice.
          </dd>
        </div>
        <div>
          <dt className="font-semibold text-fg">When not to trust them</dt>
          <dd>
            {scan.calibrated
              ? "p is held against each pair’s own null, which allows for heavy tails and jumps. "
              : "Heavy tails and jumps make p too small in the far tail; a calibrated scan allows for them. "}
            A p that is computed anew with every bar describes this window: watched long enough, any pair will
            once be under {level}.
          </dd>
        </div>
      </dl>
    </details>
  );
}

import { FigureText } from "@/components/ui/figure-text";
import { Skeleton } from "@/components/ui/skeleton";
import { truthLines } from "./truth-lines";
import type { Lab } from "./use-lab";

const HELD = {
  true: { shape: "✓", words: "inside its 95 % interval", tone: "text-ok" },
  false: { shape: "✕", words: "outside its 95 % interval", tone: "text-warn" },
};

/** What the simulated market knows of the pair, beside the estimates; nothing on a market whose truth nobody knows. */
export function TruthStrip({ lab }: { lab: Lab }) {
  const { data, truth } = lab;
  if (truth === null || (lab.error && !data) || lab.warming) return null;
  // The place is kept, so that nothing moves when the numbers come.
  if (!truth || !data) {
    return (
      <div className="relative h-40 rounded-base border border-line bg-card sm:h-10">
        <Skeleton label="Waiting for the truth" />
      </div>
    );
  }
  return (
    <section
      aria-label="The truth of the simulated market"
      data-testid="truth"
      className="grid gap-px overflow-hidden rounded-base border border-line bg-line sm:grid-cols-[minmax(0,1.2fr)_repeat(3,minmax(0,1fr))]"
    >
      <h2 className="bg-card px-2 py-1 text-label font-semibold text-fg-2">
        Truth of the simulated market
        <span className="block font-normal text-fg-3">{truth.kind}, beside what is estimated below</span>
      </h2>
      {truthLines(truth, data).map(({ key, name, value, text, reason, estimate, held }) => {
        const said = held === null ? null : HELD[`${held}`];
        return (
          <dl key={key} data-truth={key} className="flex flex-wrap items-baseline gap-x-2 bg-card px-2 py-1">
            <dt className="text-label text-fg-2">true {name}</dt>
            <dd className="font-semibold">
              <FigureText field={`true.${key}`} value={value} format={() => text} reason={reason} />
            </dd>
            <dd className="basis-full text-label text-fg-2">
              {value === null ? (
                reason
              ) : (
                <>
                  {estimate}
                  {said && (
                    <span className={said.tone}>
                      {" "}
                      <span aria-hidden>{said.shape}</span> {said.words}
                    </span>
                  )}
                </>
              )}
            </dd>
          </dl>
        );
      })}
    </section>
  );
}

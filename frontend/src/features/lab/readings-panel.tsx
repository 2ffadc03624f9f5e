import { Panel } from "@/components/ui/panel";
import { ABSENT } from "@/lib/format";
import { LabState } from "./lab-panel";
import { type Reading, readingsOf } from "./readings";
import type { Lab } from "./use-lab";

function Line({ reading: { key, name, text, reason, says, means, beware } }: { reading: Reading }) {
  return (
    <div
      data-reading={key}
      className="grid gap-x-4 border-t border-line px-2 py-1 first:border-t-0 lg:grid-cols-[11rem_19rem_minmax(0,1fr)]"
    >
      <dt className="font-semibold">
        {name}
        {text !== null && <span className="block text-label font-normal text-fg-2">{says}</span>}
      </dt>
      <dd>
        {text ?? (
          <span className="text-fg-2">
            <span aria-hidden>{ABSENT} </span>
            {reason}
          </span>
        )}
      </dd>
      <dd className="text-label text-fg-2">
        {means} <span className="text-fg">Beware:</span> {beware}
      </dd>
    </div>
  );
}

/** Every test of the residuals and of the legs: its numbers, what they mean, and when not to trust them. */
export function ReadingsPanel({ lab }: { lab: Lab }) {
  return (
    <Panel title="Tests in words" className="min-h-80 lg:col-span-2">
      {lab.data ? (
        <dl>
          {readingsOf(lab.data).map((reading) => (
            <Line key={reading.key} reading={reading} />
          ))}
        </dl>
      ) : (
        <LabState lab={lab} name="the tests" />
      )}
    </Panel>
  );
}

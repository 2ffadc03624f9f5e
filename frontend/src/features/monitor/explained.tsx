import { Copy } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ABSENT } from "@/lib/format";
import type { Explanation } from "./explanations";

/** The number as it is, with all its digits. */
function exact(value: number | string | null): string {
  if (value === null) return ABSENT;
  return typeof value === "number" ? String(value).replace("-", "−") : value;
}

function Snippet({ text }: { text: string }) {
  return (
    <section aria-label="Python">
      <div className="flex items-center justify-between pb-1">
        <h3 className="text-label font-semibold text-fg-2">The same number in Python</h3>
        <Button size="small" onClick={() => void navigator.clipboard?.writeText(text).catch(() => {})}>
          <Copy aria-hidden className="size-3.5" /> Copy
        </Button>
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-base bg-raised p-2 text-label"
        data-testid="snippet"
      >
        {text}
      </pre>
    </section>
  );
}

type Props = {
  explanation: Explanation;
  description: string;
  snippet: string | null;
  /** What else speaks for the number, before its inputs. */
  before?: ReactNode;
  /** How many bars there are, and the table of them. */
  bars: { title: string; table: ReactNode; className?: string };
  onClose: () => void;
};

/** The dialog of any number: what it is, formula, inputs, a program that computes it again, the bars behind it. */
export function Explained({ explanation, description, snippet, before, bars, onClose }: Props) {
  const { title, says, formula, inputs, result } = explanation;
  return (
    <Dialog size="sheet" title={title} description={description} onClose={onClose}>
      <div className="flex flex-col gap-3 overflow-y-auto p-3">
        <p>{says}</p>
        <p data-testid="formula" className="rounded-base bg-raised px-2 py-1.5">
          {formula}
        </p>
        {before}
        <dl className="m-0">
          {inputs.map(({ name, value }) => (
            <div key={name} className="flex justify-between gap-4 py-0.5">
              <dt className="text-fg-2">{name}</dt>
              <dd>{exact(value)}</dd>
            </div>
          ))}
          {result && (
            <div className="flex justify-between gap-4 border-t border-line pt-1 font-semibold">
              <dt>{result.name}</dt>
              <dd data-testid="result">{exact(result.value)}</dd>
            </div>
          )}
        </dl>
        {snippet && <Snippet text={snippet} />}
        <section aria-label="Bars">
          <h3 className="pb-1 text-label font-semibold text-fg-2">{bars.title}</h3>
          <div className={`flex rounded-base border border-line *:flex-1 ${bars.className ?? ""}`}>
            {bars.table}
          </div>
        </section>
      </div>
    </Dialog>
  );
}

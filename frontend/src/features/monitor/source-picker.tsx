import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { Select } from "@/components/ui/select";
import { sourceName } from "@/lib/words";

type Props = { source: string; sources: readonly string[]; onSwitch: (source: string) => void };

const scheme = (source: string) => source.split(":", 1)[0];

/** Chooses the source; since another source is another market, it asks once before it switches. */
export function SourcePicker({ source, sources, onSwitch }: Props) {
  const [asked, setAsked] = useState<string | null>(null);
  const others = sources.filter((other) => scheme(other) !== scheme(source));
  const options = [source, ...others].map((value) => ({ value, label: sourceName(value) }));
  const confirm = () => {
    if (asked) onSwitch(asked);
    setAsked(null);
  };
  return (
    <Popover
      label="Switch the source"
      open={asked !== null}
      onOpenChange={(open) => !open && setAsked(null)}
      anchor={
        <div>
          <Select
            caption="Source"
            label="Source"
            needs="operator"
            value={asked ?? source}
            options={options}
            onChange={setAsked}
          />
        </div>
      }
    >
      <div className="flex max-w-80 flex-col gap-2 p-3">
        <p>
          {sourceName(asked ?? source)} is another market: its prices and numbers replace all that is on the
          page.
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsked(null)}>Cancel</Button>
          <Button look="primary" onClick={confirm}>
            Switch
          </Button>
        </div>
      </div>
    </Popover>
  );
}

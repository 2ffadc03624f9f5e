import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { plural } from "@/lib/words";

type Props = {
  offered: readonly string[];
  chosen: readonly string[];
  onChange: (symbols: string[]) => void;
};

/** Which symbols are paired: those ticked, or with none ticked all that stream. */
export function SymbolFilter({ offered, chosen, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const all = [...new Set([...chosen, ...offered])].sort();
  const toggle = (symbol: string, on: boolean) =>
    onChange(on ? [...chosen, symbol].sort() : chosen.filter((other) => other !== symbol));
  return (
    <Popover
      label="Symbols of the scan"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button>
          Symbols{" "}
          <span className="text-fg-2">{chosen.length > 0 ? plural(chosen.length, "symbol") : "all"}</span>
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
    >
      <fieldset className="w-56 p-2">
        <legend className="px-1 text-label text-fg-2">Pair only these; none is all that stream</legend>
        <div className="max-h-64 overflow-y-auto py-1">
          {all.map((symbol) => (
            <label key={symbol} className="flex h-7 items-center gap-2 rounded-base px-1 hover:bg-raised">
              <input
                type="checkbox"
                checked={chosen.includes(symbol)}
                onChange={(event) => toggle(symbol, event.target.checked)}
                className="size-4 accent-primary"
              />
              {symbol}
            </label>
          ))}
          {all.length === 0 && <p className="px-1 text-fg-2">No symbol streams.</p>}
        </div>
        <Button disabled={chosen.length === 0} onClick={() => onChange([])}>
          All that stream
        </Button>
      </fieldset>
    </Popover>
  );
}

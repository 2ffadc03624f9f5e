import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import type { SymbolOut } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";

type Props = {
  symbols: readonly SymbolOut[];
  streaming: ReadonlySet<string>;
  chosen: ReadonlySet<string>;
  onChoose: (chosen: ReadonlySet<string>) => void;
};

function matches(symbol: SymbolOut, search: string): boolean {
  return symbol.symbol.includes(search.trim().toUpperCase());
}

/** Ticks the symbols to stream; nothing starts or stops before the Start button is pressed. */
export function SymbolPicker({ symbols, streaming, chosen, onChoose }: Props) {
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  const searchId = useId();
  const found = symbols
    .filter((symbol) => symbol.status === "TRADING" && matches(symbol, search))
    .toSorted((one, other) => Number(streaming.has(other.symbol)) - Number(streaming.has(one.symbol)));
  const toggle = (symbol: string) => {
    const next = new Set(chosen);
    if (!next.delete(symbol)) next.add(symbol);
    onChoose(next);
  };
  return (
    <Popover
      label="Symbols"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button>
          Symbols <span className="text-fg-2">{chosen.size}</span>
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
    >
      <div className="flex w-64 flex-col gap-2 p-2">
        <label htmlFor={searchId} className="sr-only">
          Search symbols
        </label>
        <input
          id={searchId}
          type="search"
          placeholder="Search symbols"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="h-7 rounded-base border border-control bg-card px-2 placeholder:text-fg-3"
        />
        <fieldset className="max-h-72 overflow-y-auto">
          <legend className="sr-only">Symbols to stream</legend>
          {found.map(({ symbol }) => (
            <label key={symbol} className="flex h-7 items-center gap-2 rounded-base px-1 hover:bg-raised">
              <input
                type="checkbox"
                checked={chosen.has(symbol)}
                onChange={() => toggle(symbol)}
                className="size-4 accent-primary"
              />
              <span className="flex-1">{symbol}</span>
              {streaming.has(symbol) && <span className="text-label text-ok">streaming</span>}
            </label>
          ))}
          {found.length === 0 && <p className="px-1 text-fg-2">No symbol matches.</p>}
        </fieldset>
        <p className="text-label text-fg-2">Start streams the ticked symbols and stops the others.</p>
      </div>
    </Popover>
  );
}

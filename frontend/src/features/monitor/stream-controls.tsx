import { Play, Square } from "lucide-react";
import { useEffect, useState } from "react";
import type { SymbolOut } from "@/api/types";
import { Button } from "@/components/ui/button";
import { SymbolPicker } from "./symbol-picker";

type Props = {
  symbols: readonly SymbolOut[];
  /** Symbols that stream now, in a stable order. */
  streaming: readonly string[];
  /** The legs on show: what Start begins with where nothing has streamed yet. */
  shown: readonly (string | null)[];
  running: boolean;
  busy: boolean;
  onStart: (change: { start: string[]; stop: string[] }) => void;
  onStop: () => void;
};

/** Symbols, Start and Stop. The ticks follow the stream until the user changes them. */
export function StreamControls({ symbols, streaming, shown, running, busy, onStart, onStop }: Props) {
  const [edited, setEdited] = useState<ReadonlySet<string> | null>(null);
  const [lastStreaming, setLastStreaming] = useState<readonly string[]>([]);
  const key = streaming.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says whether the list differs
  useEffect(() => {
    setEdited(null);
    // After Stop the ticks stay, so that Start goes on with the same symbols.
    if (streaming.length > 0) setLastStreaming(streaming);
  }, [key]);

  const streamingSet = new Set(streaming);
  const chosen = edited ?? new Set(firstFilled(streaming, lastStreaming, tradingLegs(shown, symbols)));
  const start = [...chosen].filter((symbol) => !streamingSet.has(symbol));
  const stop = chosen.size > 0 ? streaming.filter((symbol) => !chosen.has(symbol)) : [];
  return (
    <>
      <SymbolPicker symbols={symbols} streaming={streamingSet} chosen={chosen} onChoose={setEdited} />
      <div className="flex items-center gap-x-3 max-sm:gap-x-1.5">
        <Button
          look="primary"
          needs="operator"
          disabled={busy || (start.length === 0 && stop.length === 0)}
          onClick={() => onStart({ start, stop })}
        >
          <Play aria-hidden className="size-3.5" /> <span className="max-sm:sr-only">Start</span>
        </Button>
        <Button needs="operator" disabled={busy || !running} onClick={onStop}>
          <Square aria-hidden className="size-3.5" /> <span className="max-sm:sr-only">Stop</span>
        </Button>
      </div>
    </>
  );
}

function firstFilled(...lists: readonly (readonly string[])[]): readonly string[] {
  return lists.find((list) => list.length > 0) ?? [];
}

function tradingLegs(legs: readonly (string | null)[], symbols: readonly SymbolOut[]): string[] {
  const trading = symbols.filter((symbol) => symbol.status === "TRADING").map((symbol) => symbol.symbol);
  return legs.filter((leg) => leg !== null).filter((leg) => trading.includes(leg));
}

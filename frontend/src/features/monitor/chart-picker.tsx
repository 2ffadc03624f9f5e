import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { WindowField } from "@/components/window-field";
import { AVERAGE_WINDOW } from "@/lib/window";
import { usePreferences } from "@/stores/preferences";
import type { ChangeView } from "./use-view";
import { MOST_COMPARED, type View } from "./view-state";

type Props = { view: View; streaming: readonly string[]; onChange: ChangeView };
type TickProps = {
  label: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
};

function Tick({ label, checked, disabled = false, onChange }: TickProps) {
  return (
    <label className="flex h-7 items-center gap-2 rounded-base px-1 hover:bg-raised has-disabled:opacity-50">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        className="size-4 accent-primary"
      />
      {label}
    </label>
  );
}

/** What the price pane shows besides the candles, or in their place. */
export function ChartPicker({ view, streaming, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const { overlays, averageLengths, setOverlays, setAverageLengths, resetLayout } = usePreferences();
  const [first, second] = averageLengths;
  const { compare } = view;
  const others = [...new Set([...compare, ...streaming])].filter(
    (symbol) => symbol !== view.a && symbol !== view.b,
  );
  const toggle = (symbol: string, on: boolean) =>
    onChange({ compare: on ? [...compare, symbol] : compare.filter((other) => other !== symbol) });
  return (
    <Popover
      label="The charts"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button>
          Charts{" "}
          {compare.length > 0 && (
            <span className="text-fg-2">
              {compare.length + 2}
              <span className="max-lg:sr-only">&nbsp;symbols</span>
            </span>
          )}
          <ChevronDown aria-hidden className="size-3.5 max-lg:hidden" />
        </Button>
      }
    >
      <div className="flex w-68 flex-col gap-2 p-2">
        <fieldset>
          <legend className="px-1 text-label text-fg-2">On leg A’s candles</legend>
          <Tick
            label="Moving averages"
            checked={overlays.averages}
            onChange={(averages) => setOverlays({ averages })}
          />
          {overlays.averages && (
            <div className="flex flex-wrap items-center gap-2 pb-1 pl-7 text-fg-2">
              <WindowField
                label="Bars of the first moving average"
                window={first}
                bounds={AVERAGE_WINDOW}
                onChange={(length) => setAverageLengths([length, second])}
              />
              and
              <WindowField
                label="Bars of the second moving average"
                window={second}
                bounds={AVERAGE_WINDOW}
                onChange={(length) => setAverageLengths([first, length])}
              />
              bars
            </div>
          )}
          <Tick label="Volume" checked={overlays.volume} onChange={(volume) => setOverlays({ volume })} />
        </fieldset>
        <fieldset className="max-h-56 overflow-y-auto border-t border-line pt-2">
          <legend className="float-left px-1 text-label text-fg-2">Compare, rebased to 100</legend>
          <div className="clear-both" />
          {others.map((symbol) => (
            <Tick
              key={symbol}
              label={symbol}
              checked={compare.includes(symbol)}
              disabled={!compare.includes(symbol) && compare.length >= MOST_COMPARED}
              onChange={(on) => toggle(symbol, on)}
            />
          ))}
          {others.length === 0 && <p className="px-1 text-fg-2">Start more symbols to compare them.</p>}
        </fieldset>
        <Button onClick={resetLayout}>Reset layout</Button>
      </div>
    </Popover>
  );
}

import { ArrowLeftRight } from "lucide-react";
import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";
import { Button } from "@/components/ui/button";
import { type Option, Select } from "@/components/ui/select";
import { WindowField } from "@/components/window-field";
import { methodName } from "@/lib/words";
import type { LabView } from "./lab-state";

type Props = {
  view: LabView;
  config: ClientConfig;
  symbols: readonly string[];
  onChange: (part: Partial<LabView>) => void;
};

const SCALES: readonly Option[] = [
  { value: "level", label: "Level" },
  { value: "log", label: "Log" },
];

function legOptions(symbols: readonly string[], own: string | null, other: string | null): Option[] {
  const all = own && !symbols.includes(own) ? [own, ...symbols] : symbols;
  const options = all.map((symbol) => ({ value: symbol, label: symbol, disabled: symbol === other }));
  return own ? options : [{ value: "", label: "Choose" }, ...options];
}

/** Which pair, on which bars, by which method. */
export function LabControls({ view, config, symbols, onChange }: Props) {
  const { a, b } = view;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 lg:basis-full">
      <div className="flex items-center gap-1">
        <Select
          caption="Pair"
          label="Leg A"
          value={a ?? ""}
          options={legOptions(symbols, a, b)}
          onChange={(symbol) => onChange({ a: symbol })}
        />
        <Button
          look="ghost"
          size="icon"
          aria-label="Swap the legs"
          title="Swap the legs"
          disabled={!a || !b}
          onClick={() => onChange({ a: b, b: a })}
        >
          <ArrowLeftRight aria-hidden className="size-4" />
        </Button>
        <Select
          label="Leg B"
          value={b ?? ""}
          options={legOptions(symbols, b, a)}
          onChange={(symbol) => onChange({ b: symbol })}
        />
      </div>
      <Select
        caption="Interval"
        label="Interval"
        value={view.interval}
        options={config.intervals.map((value) => ({ value, label: value }))}
        onChange={(interval) => onChange({ interval })}
      />
      <Select
        caption="Method"
        label="Hedge method"
        value={view.method}
        options={config.methods.map((value) => ({ value, label: methodName(value) }))}
        onChange={(method) => onChange({ method: method as HedgeMethod })}
      />
      <WindowField window={view.window} onChange={(window) => onChange({ window })} />
      <Select
        caption="Scale"
        label="Price scale"
        value={view.scale}
        options={SCALES}
        onChange={(scale) => onChange({ scale: scale as Scale })}
      />
    </div>
  );
}

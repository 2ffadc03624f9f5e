import { ArrowLeftRight } from "lucide-react";
import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";
import { Button } from "@/components/ui/button";
import { type Option, Select } from "@/components/ui/select";
import { WindowField } from "@/components/window-field";
import { methodName } from "@/lib/words";
import { ChartPicker } from "./chart-picker";
import { ThresholdPicker } from "./threshold-picker";
import type { ChangeView } from "./use-view";
import type { View } from "./view-state";

type Props = { view: View; config: ClientConfig; streaming: readonly string[]; onChange: ChangeView };

const SCALES: readonly Option[] = [
  { value: "level", label: "Level" },
  { value: "log", label: "Log" },
];

/** The streaming symbols, and the chosen one even when it does not stream. */
function legOptions(streaming: readonly string[], own: string | null, other: string | null): Option[] {
  const symbols = own && !streaming.includes(own) ? [own, ...streaming] : streaming;
  const options = symbols.map((symbol) => ({ value: symbol, label: symbol, disabled: symbol === other }));
  return own ? options : [{ value: "", label: "Choose" }, ...options];
}

/** Pair, interval, method, window and scale: everything that a link carries. */
export function PairControls({ view, config, streaming, onChange }: Props) {
  const { a, b } = view;
  return (
    <>
      <div className="flex items-center gap-1">
        <Select
          caption="Pair"
          label="Leg A"
          value={a ?? ""}
          options={legOptions(streaming, a, b)}
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
          options={legOptions(streaming, b, a)}
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
      <ThresholdPicker view={view} onChange={onChange} />
      <ChartPicker view={view} streaming={streaming} onChange={onChange} />
    </>
  );
}

import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";
import { Select } from "@/components/ui/select";
import { WindowField } from "@/components/window-field";
import { type TimeZone, zoneHead } from "@/lib/format";
import { intervalMs } from "@/lib/intervals";
import { methodName } from "@/lib/words";
import { Choice } from "./choice";
import { type ExportRequest, FORMATS, WHATS } from "./export-request";
import { TimeField } from "./time-field";

const SCALES = [
  { value: "level", label: "Level" },
  { value: "log", label: "Log" },
];

type Props = {
  request: ExportRequest;
  config: ClientConfig;
  symbols: readonly string[];
  zone: TimeZone;
  onChange: (part: Partial<ExportRequest>) => void;
};

function PairFields({ request, config, onChange }: Omit<Props, "symbols" | "zone">) {
  const methods = config.methods.map((value) => ({ value, label: methodName(value) }));
  return (
    <>
      <Select
        label="Hedge method"
        value={request.method}
        options={methods}
        onChange={(method) => onChange({ method: method as HedgeMethod })}
      />
      <Select
        label="Price scale"
        value={request.scale}
        options={SCALES}
        onChange={(scale) => onChange({ scale: scale as Scale })}
      />
      <WindowField window={request.window} onChange={(window) => onChange({ window })} />
    </>
  );
}

/** What to export. */
export function ExportForm({ request, config, symbols, zone, onChange }: Props) {
  const { what, a, b, from, to } = request;
  const names = [...new Set([...symbols, a, b])].map((value) => ({ value, label: value }));
  const ofPairs = what === "pair";
  const intervals = config.intervals.filter((name) => !ofPairs || intervalMs(name) !== null);
  const backwards = from !== null && to !== null && to <= from;
  return (
    <>
      <Choice label="What" value={what} options={WHATS} onChange={(what) => onChange({ what })} />
      <div className="flex flex-wrap items-center gap-2">
        <Select
          label={ofPairs ? "Leg A" : "Symbol"}
          value={a}
          options={names}
          onChange={(symbol) => onChange(symbol === b ? { a: symbol, b: a } : { a: symbol })}
        />
        {ofPairs && (
          <Select
            label="Leg B"
            value={b}
            options={names}
            onChange={(symbol) => onChange(symbol === a ? { a: b, b: symbol } : { b: symbol })}
          />
        )}
      </div>
      {what !== "trades" && (
        <div className="flex flex-wrap items-center gap-2">
          <Select
            label="Interval"
            value={request.interval}
            options={intervals.map((value) => ({ value, label: value }))}
            onChange={(interval) => onChange({ interval })}
          />
          {ofPairs && <PairFields request={request} config={config} onChange={onChange} />}
        </div>
      )}
      <div className="grid grid-cols-1 gap-2 sm:grid-cols-2">
        <TimeField
          label={`From, ${zoneHead(zone)} (empty: all)`}
          value={from}
          zone={zone}
          onChange={(from) => onChange({ from })}
        />
        <TimeField
          label={`Until before, ${zoneHead(zone)} (empty: now)`}
          problem={backwards ? "The range ends before it begins." : null}
          value={to}
          zone={zone}
          onChange={(to) => onChange({ to })}
        />
      </div>
      <Choice
        label="Format"
        value={request.format}
        options={FORMATS}
        onChange={(format) => onChange({ format })}
      />
    </>
  );
}

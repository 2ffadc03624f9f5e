import type { ClientConfig, HedgeMethod, Scale } from "@/api/types";
import { Select } from "@/components/ui/select";
import { type TimeZone, zoneHead } from "@/lib/format";
import { intervalMs } from "@/lib/intervals";
import { methodName } from "@/lib/words";
import { Choice } from "./choice";
import { type ExportRequest, FORMATS, WHATS } from "./export-request";
import { Field } from "./field";
import { fieldText, fieldTime } from "./times";

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
      <label className="flex items-center gap-1.5">
        <span className="text-label text-fg-2">Window</span>
        <input
          type="number"
          min={1}
          value={request.window}
          onChange={({ target }) => target.valueAsNumber > 0 && onChange({ window: target.valueAsNumber })}
          className="h-7 w-20 rounded-base border border-control bg-card px-2"
        />
      </label>
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
  const range = (part: "from" | "to") => ({
    type: "datetime-local",
    step: 1,
    value: fieldText(request[part], zone),
    onChange: ({ target }: { target: HTMLInputElement }) =>
      onChange({ [part]: fieldTime(target.value, zone) }),
  });
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
        <Field label={`From, ${zoneHead(zone)} (empty: all)`} {...range("from")} />
        <Field
          label={`Until before, ${zoneHead(zone)} (empty: now)`}
          problem={backwards ? "The range ends before it begins." : null}
          {...range("to")}
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

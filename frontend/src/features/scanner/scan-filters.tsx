import type { ClientConfig, Scale } from "@/api/types";
import { NumberField } from "@/components/number-field";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/select";
import { WindowField } from "@/components/window-field";
import { SCAN_WINDOW } from "@/lib/window";
import { holdoutWord } from "./scan-columns";
import { type Filters, HOLDOUTS, NO_FILTERS, type ScanView } from "./scan-state";
import { SymbolFilter } from "./symbol-filter";

type Props = {
  view: ScanView;
  config: ClientConfig;
  streaming: readonly string[];
  onChange: (part: Partial<ScanView>) => void;
};

const SCALES = [
  { value: "log", label: "Log" },
  { value: "level", label: "Level" },
];
const STATUSES = [
  { value: "", label: "Any status" },
  { value: "tested", label: "Tested" },
  { value: "untested", label: "Not testable" },
];
const HOLDOUT_OPTIONS = [
  { value: "", label: "Any hold-out" },
  ...HOLDOUTS.map((value) => ({ value, label: holdoutWord(value) })),
];

/** What is scanned, and which of it is shown. */
export function ScanFilters({ view, config, streaming, onChange }: Props) {
  const { filters } = view;
  const filter = (part: Partial<Filters>) => onChange({ filters: { ...filters, ...part } });
  const filtered = Object.values(filters).some((value) => value !== null);
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1.5 lg:basis-full">
      <Select
        caption="Interval"
        label="Interval"
        value={view.interval}
        options={config.intervals.map((value) => ({ value, label: value }))}
        onChange={(interval) => onChange({ interval })}
      />
      <WindowField bounds={SCAN_WINDOW} window={view.window} onChange={(window) => onChange({ window })} />
      <Select
        caption="Scale"
        label="Price scale"
        value={view.scale}
        options={SCALES}
        onChange={(scale) => onChange({ scale: scale as Scale })}
      />
      <label
        title="Holds each pair with a small q against its own null, which allows for heavy tails and jumps; takes longer"
        className="flex h-7 items-center gap-1.5 text-label text-fg-2"
      >
        <input
          type="checkbox"
          checked={view.calibrated}
          onChange={(event) => onChange({ calibrated: event.target.checked })}
          className="size-4 accent-primary"
        />
        Calibrate p
      </label>
      <SymbolFilter offered={streaming} chosen={view.symbols} onChange={(symbols) => onChange({ symbols })} />
      <span aria-hidden className="h-5 border-l border-line max-lg:hidden" />
      <NumberField label="p at most" caption="p ≤" value={filters.p} onChange={(p) => filter({ p })} />
      <NumberField label="q at most" caption="q ≤" value={filters.q} onChange={(q) => filter({ q })} />
      <NumberField
        label="Half-life at least, in bars"
        caption="Half-life"
        value={filters.halfLifeFrom}
        onChange={(halfLifeFrom) => filter({ halfLifeFrom })}
      />
      <NumberField
        label="Half-life at most, in bars"
        caption="to"
        value={filters.halfLifeTo}
        onChange={(halfLifeTo) => filter({ halfLifeTo })}
      />
      <NumberField
        label="Size of the correlation at least"
        caption="|corr| ≥"
        value={filters.correlation}
        onChange={(correlation) => filter({ correlation })}
      />
      <Select
        label="Hold-out"
        value={filters.holdout ?? ""}
        options={HOLDOUT_OPTIONS}
        onChange={(word) => filter({ holdout: HOLDOUTS.find((known) => known === word) ?? null })}
      />
      <Select
        label="Status"
        value={filters.status ?? ""}
        options={STATUSES}
        onChange={(word) => filter({ status: word === "tested" || word === "untested" ? word : null })}
      />
      <Button look="ghost" disabled={!filtered} onClick={() => onChange({ filters: NO_FILTERS })}>
        Clear
      </Button>
    </div>
  );
}

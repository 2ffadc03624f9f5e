import { ChartActions, type Opening } from "@/charts/chart-actions";
import { paneTable, tableCsv } from "@/charts/table";
import { saveFile } from "@/components/save-file";
import { classNames } from "@/lib/class-names";
import { shortSymbol } from "@/lib/words";
import { live } from "@/stores/link";
import { type Decimals, type Overlays, type PaneData, type PaneKey, paneModel } from "./pane-models";
import { barsTopic, type PairView, pairTopic } from "./view-state";

// Only titles and series names are read from what has no data; the numbers are written by writeLegend.
const NO_DATA: PaneData = { a: null, b: null, pair: null };
const LABEL_COLORS: Record<string, string> = {
  "leg-a": "text-leg-a",
  "leg-b": "text-leg-b",
  "series-3": "text-series-3",
  "series-4": "text-series-4",
  "series-5": "text-series-5",
  "series-6": "text-series-6",
};

function hint(pane: PaneKey, { window, entry, exit, stop }: PairView): string | null {
  if (pane === "zscore") return `entry ±${entry}, exit ±${exit}, stop ±${stop}`;
  if (pane === "correlation") return `${window} bars`;
  return null;
}

/** The data that the panes draw now. */
export function paneDataNow(view: PairView): PaneData {
  const bars = (symbol: string) => live.get("bars", barsTopic(symbol, view.interval))?.data ?? null;
  return {
    a: bars(view.a),
    b: bars(view.b),
    pair: live.get("pair", pairTopic(view))?.data ?? null,
    others: new Map(view.compare.map((symbol) => [symbol, bars(symbol)])),
  };
}

export function paneFileName(pane: PaneKey, { a, b, interval }: PairView): string {
  return `${a}-${b}-${interval}-${pane}`;
}

type Props = {
  pane: PaneKey;
  view: PairView;
  overlays: Overlays;
  decimals: Decimals;
  narrow: boolean;
  onOpen: (pane: PaneKey, what: Opening) => void;
};

/** The legend line of one pane and what can be done with its numbers. */
export function PaneHead({ pane, view, overlays, decimals, narrow, onOpen }: Props) {
  const { title, series } = paneModel(pane, view, NO_DATA, decimals, overlays);
  const note = hint(pane, view);
  const compared = pane === "price" && view.compare.length > 0;
  // A phone has room for one line, but of lines that are compared each has to have its name.
  const shown = narrow && !compared ? series.slice(0, pane === "price" ? 2 : 1) : series;
  const named = (label: string) => (narrow && compared ? shortSymbol(label) : label);
  const save = () => {
    const table = paneTable(paneModel(pane, view, paneDataNow(view), decimals, overlays));
    saveFile(`${paneFileName(pane, view)}.csv`, tableCsv(table));
  };
  return (
    <div
      data-legend={pane}
      // Until the chart says where its panes are.
      style={{ visibility: "hidden" }}
      className={classNames(
        "absolute flex items-start gap-x-3 pt-1 text-label text-fg-2",
        narrow ? "right-20" : "right-22",
        narrow || view.compare.length > 0 ? "left-2" : "left-20",
      )}
    >
      <div className="flex min-w-0 flex-1 flex-wrap gap-x-3">
        {(pane !== "price" || view.compare.length > 0) && <span className="font-semibold">{title}</span>}
        {shown.map((item) => (
          <span key={item.key} className="whitespace-nowrap">
            <span className={LABEL_COLORS[item.color] ?? ""}>{item.label && `${named(item.label)} `}</span>
            <span
              data-series={item.key}
              // A number of another length must not move what stands after it.
              className={item.kind === "line" ? "inline-block min-w-12 text-fg" : "text-fg"}
            />
          </span>
        ))}
        {note && !narrow && <span className="text-fg-3">{note}</span>}
      </div>
      <div className="-mt-1">
        <ChartActions name={title} onOpen={(what) => onOpen(pane, what)} onCsv={save} />
      </div>
    </div>
  );
}

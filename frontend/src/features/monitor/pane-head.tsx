import { ChartNoAxesCombined } from "lucide-react";
import { Button } from "@/components/ui/button";
import { classNames } from "@/lib/class-names";
import { correlationPane, type PaneKey, pricePane, spreadPane, zscorePane } from "./pane-models";
import type { PairView } from "./view-state";

// Only titles and series names are read from these; the numbers are written by writeLegend.
const EMPTY: Record<PaneKey, (view: PairView) => ReturnType<typeof pricePane>> = {
  price: (view) => pricePane(view, null, null, { a: 2, b: 2 }),
  spread: (view) => spreadPane(view, null, []),
  zscore: (view) => zscorePane(view, null, []),
  correlation: (view) => correlationPane(view, null, []),
};
const LABEL_COLORS: Record<string, string> = { "leg-a": "text-leg-a", "leg-b": "text-leg-b" };

function hint(pane: PaneKey, { window, entry, exit }: PairView): string | null {
  if (pane === "zscore") return `entry ±${entry}, exit ±${exit}`;
  if (pane === "correlation") return `${window} bars`;
  return null;
}

type Props = { pane: PaneKey; view: PairView; narrow: boolean; onOpen: (pane: PaneKey) => void };

/** The legend line of one pane and the way to Plotly. */
export function PaneHead({ pane, view, narrow, onOpen }: Props) {
  const { title, series } = EMPTY[pane](view);
  const note = hint(pane, view);
  // A phone has room for one line.
  const shown = narrow ? series.slice(0, 2) : series;
  return (
    <div
      data-legend={pane}
      className={classNames(
        "absolute right-18 flex items-start gap-x-3 pt-1 text-label text-fg-2",
        narrow ? "left-2" : "left-18",
      )}
    >
      <div className="flex min-w-0 flex-1 flex-wrap gap-x-3">
        {pane !== "price" && <span className="font-semibold">{title}</span>}
        {shown.map((item) => (
          <span key={item.key} className="whitespace-nowrap">
            <span className={LABEL_COLORS[item.color] ?? ""}>{item.label && `${item.label} `}</span>
            <span data-series={item.key} className="text-fg" />
          </span>
        ))}
        {note && !narrow && <span className="text-fg-3">{note}</span>}
      </div>
      <Button
        look="ghost"
        size="small"
        className="pointer-events-auto -mt-0.5 shrink-0"
        aria-label={`Open ${title} in Plotly`}
        title="Open in Plotly"
        onClick={() => onOpen(pane)}
      >
        <ChartNoAxesCombined aria-hidden className="size-3.5" />
      </Button>
    </div>
  );
}

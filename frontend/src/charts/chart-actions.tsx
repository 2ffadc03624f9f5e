import { ChartNoAxesCombined, Download, Table2 } from "lucide-react";
import { Button } from "@/components/ui/button";

export type Opening = "chart" | "data";
type Props = { name: string; onOpen: (what: Opening) => void; onCsv: () => void };

/** What every chart offers: its numbers, its numbers as a file, itself in Plotly. */
export function ChartActions({ name, onOpen, onCsv }: Props) {
  return (
    <div className="pointer-events-auto flex shrink-0">
      <Button
        look="ghost"
        size="tool"
        aria-label={`View data of ${name}`}
        title="View data"
        onClick={() => onOpen("data")}
      >
        <Table2 aria-hidden className="size-3.5" />
      </Button>
      <Button look="ghost" size="tool" aria-label={`CSV of ${name}`} title="CSV" onClick={onCsv}>
        <Download aria-hidden className="size-3.5" />
      </Button>
      <Button
        look="ghost"
        size="tool"
        aria-label={`Open ${name} in Plotly`}
        title="Open in Plotly"
        onClick={() => onOpen("chart")}
      >
        <ChartNoAxesCombined aria-hidden className="size-3.5" />
      </Button>
    </div>
  );
}

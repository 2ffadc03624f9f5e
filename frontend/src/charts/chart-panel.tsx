import { type ReactNode, useState } from "react";
import { lazily } from "@/components/lazily";
import { saveFile } from "@/components/save-file";
import { Panel } from "@/components/ui/panel";
import type { TimeZone } from "@/lib/format";
import { ChartActions, type Opening } from "./chart-actions";
import type { Figure } from "./plotly/figure";
import { PlotlyChart } from "./plotly/plotly-chart";
import { type ChartTable, tableCsv } from "./table";

const ChartDialog = lazily(() => import("./chart-dialog").then((module) => module.ChartDialog));

export type Drawn = {
  /** As it stands in the panel, and as it stands alone. */
  compact: Figure;
  full: Figure;
  table: ChartTable;
  /** What it shows, for whoever cannot see it. */
  label: string;
};

type Props = {
  title: string;
  /** Of what: the dialog's title and its second line. */
  of: string;
  description: string;
  fileName: string;
  zone: TimeZone;
  /** Null while there is nothing to draw: then `children` say why. */
  drawn: Drawn | null;
  children: ReactNode;
  /** What it means, under the chart. */
  note: ReactNode;
  className?: string;
};

/** A panel with a statistical chart, its data, its file and itself alone, and under it what it means. */
export function ChartPanel({
  title,
  of,
  description,
  fileName,
  zone,
  drawn,
  children,
  note,
  className,
}: Props) {
  const [opening, setOpening] = useState<Opening | null>(null);
  return (
    <Panel
      title={title}
      className={className ?? ""}
      actions={
        drawn && (
          <ChartActions
            name={title}
            onOpen={setOpening}
            onCsv={() => saveFile(`${fileName}.csv`, tableCsv(drawn.table))}
          />
        )
      }
    >
      <div className="flex h-full flex-col">
        <div className="relative min-h-0 flex-1">
          {drawn ? <PlotlyChart figure={drawn.compact} label={drawn.label} /> : children}
        </div>
        {note}
      </div>
      {drawn && opening && (
        <ChartDialog
          title={`${title}: ${of}`}
          description={description}
          figure={drawn.full}
          table={drawn.table}
          zone={zone}
          fileName={fileName}
          opening={opening}
          onClose={() => setOpening(null)}
        />
      )}
    </Panel>
  );
}

import { Download } from "lucide-react";
import { saveFile } from "@/components/save-file";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Tabs } from "@/components/ui/tabs";
import type { TimeZone } from "@/lib/format";
import type { Opening } from "./chart-actions";
import { ChartTableView } from "./chart-table";
import type { Figure } from "./plotly/figure";
import { PlotlyChart } from "./plotly/plotly-chart";
import { type ChartTable, tableCsv } from "./table";

type Props = {
  title: string;
  description: string;
  figure: Figure;
  table: ChartTable;
  zone: TimeZone;
  /** Name of the CSV file without its ending. */
  fileName: string;
  opening: Opening;
  onClose: () => void;
};

/** A chart in Plotly and its numbers as a table and a file. */
export function ChartDialog({ title, description, figure, table, zone, fileName, opening, onClose }: Props) {
  return (
    <Dialog
      title={title}
      description={description}
      actions={
        <Button onClick={() => saveFile(`${fileName}.csv`, tableCsv(table))}>
          <Download aria-hidden className="size-3.5" /> CSV
        </Button>
      }
      onClose={onClose}
    >
      <Tabs
        label="Chart or data"
        initial={opening}
        tabs={[
          {
            key: "chart",
            title: "Chart",
            content: <PlotlyChart full figure={figure} label={`${table.title} in Plotly`} />,
          },
          { key: "data", title: "Data", content: <ChartTableView table={table} zone={zone} /> },
        ]}
      />
    </Dialog>
  );
}

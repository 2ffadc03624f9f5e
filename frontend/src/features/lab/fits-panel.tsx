import type { HedgeMethod, PairLab } from "@/api/types";
import { type Column, DataTable } from "@/components/data-table";
import { FigureText } from "@/components/ui/figure-text";
import { Panel } from "@/components/ui/panel";
import { decimalsFor, percent, range, significant } from "@/lib/format";
import { methodName } from "@/lib/words";
import { LabState, Note } from "./lab-panel";
import type { Lab } from "./use-lab";

type Fit = PairLab["fits"][number];

function columnsOf(chosen: HedgeMethod, onChoose: (method: HedgeMethod) => void): Column<Fit>[] {
  const five = (value: number | null) => significant(value, 5);
  return [
    {
      key: "method",
      label: "Method",
      align: "left",
      cell: ({ method }) => (
        <button
          type="button"
          aria-pressed={method === chosen}
          onClick={() => onChoose(method)}
          className="min-h-6 font-medium text-leg-a underline-offset-2 hover:underline aria-pressed:text-fg"
        >
          {method === chosen && <span aria-hidden>● </span>}
          {methodName(method)}
        </button>
      ),
    },
    {
      key: "beta",
      label: "β",
      cell: ({ beta, reason }) => <FigureText field="beta" value={beta} format={five} reason={reason} />,
    },
    {
      key: "beta_interval",
      label: "95 % interval",
      title: "Allows for serially correlated residuals",
      cell: ({ beta_low, beta_high, beta }) =>
        beta_low === null ? "–" : range(beta_low, beta_high, decimalsFor(beta, 5)),
    },
    {
      key: "alpha",
      label: "α",
      cell: ({ alpha, reason }) => <FigureText field="alpha" value={alpha} format={five} reason={reason} />,
    },
    {
      key: "sd",
      label: "σ",
      title: "Standard deviation of the residuals; Kalman’s next innovation",
      cell: ({ sd, reason }) => (
        <FigureText field="sd" value={sd} format={(value) => significant(value, 4)} reason={reason} />
      ),
    },
    {
      key: "r_squared",
      label: "R²",
      cell: ({ r_squared, reason }) => (
        <FigureText
          field="r_squared"
          value={r_squared}
          format={(value) => percent(value, 1)}
          reason={reason ?? "not of this method"}
        />
      ),
    },
  ];
}

type Props = { lab: Lab; method: HedgeMethod; onChoose: (method: HedgeMethod) => void };

/** The line by every method; a method's name makes it the one whose residuals are shown. */
export function FitsPanel({ lab, method, onChoose }: Props) {
  return (
    <Panel title="The line by every method" className="h-80">
      <div className="flex h-full flex-col">
        <div className="relative min-h-0 flex-1">
          {lab.fits ? (
            <DataTable
              label="Fits"
              columns={columnsOf(method, onChoose)}
              rows={lab.fits}
              rowKey={(fit) => fit.method}
              rowProps={(fit) => (fit.method === method ? { className: "bg-raised" } : {})}
            />
          ) : (
            <LabState lab={lab} name="the fits" />
          )}
        </div>
        <Note
          means="β is how many units of the second leg move like one of the first; the interval allows for residuals that hang on each other."
          beware="an interval that holds 0 is no hedge. R² is high for any two trending series and proves nothing."
        />
      </div>
    </Panel>
  );
}

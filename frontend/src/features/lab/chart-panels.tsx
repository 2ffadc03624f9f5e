import { useMemo } from "react";
import type { PairTruth } from "@/api/truth";
import type { PairLab } from "@/api/types";
import { ChartPanel, type Drawn } from "@/charts/chart-panel";
import type { Figure, FigureLook } from "@/charts/plotly/figure";
import type { ChartTable } from "@/charts/table";
import { readTheme } from "@/charts/theme";
import type { TimeZone } from "@/lib/format";
import { methodName } from "@/lib/words";
import { usePreferences } from "@/stores/preferences";
import {
  autocorrelationFigure,
  betaFigure,
  histogramFigure,
  scatterFigure,
  significanceFigure,
} from "./figures";
import { Absent, LabState, Note } from "./lab-panel";
import type { ChosenPair } from "./lab-state";
import { autocorrelationTable, betaTable, histogramTable, scatterTable, significanceTable } from "./tables";
import type { Lab } from "./use-lab";
import { whyNot } from "./why-not";

type Chart = {
  key: string;
  title: string;
  label: string;
  figure: (lab: PairLab, look: FigureLook, zone: TimeZone, truth: PairTruth | null) => Figure;
  table: (lab: PairLab) => ChartTable;
  missing: (lab: PairLab) => string | null;
  means: string;
  beware: string;
  className?: string;
};

const noFit = (lab: PairLab) => (lab.fits.every(({ beta }) => beta === null) ? whyNot(lab) : null);
const noResiduals = (lab: PairLab) => whyNot(lab.residuals);

/** The charts of the lab: a new one is its figure, its table and a line here. */
const CHARTS: readonly Chart[] = [
  {
    key: "regression",
    title: "Regression",
    label: "the window’s prices and the line of every method",
    figure: scatterFigure,
    table: scatterTable,
    missing: noFit,
    means: "Each point is a bar; lines that agree say that the slope does not hang on the method.",
    beware: "two unrelated walks make a fine line, too, and one cloud at an edge can turn all of them.",
  },
  {
    key: "beta",
    title: "Hedge ratios over time",
    label: "β by every method over time",
    figure: betaFigure,
    table: betaTable,
    missing: noFit,
    means: "β of the window before each bar, and the 95 % band of the chosen method.",
    beware:
      "neighbouring windows share bars, so a slow wave is no trend; Kalman’s line remembers more than its window.",
  },
  {
    key: "residuals",
    title: "Residuals",
    label: "histogram of the residuals beside a normal law",
    figure: histogramFigure,
    table: histogramTable,
    missing: noResiduals,
    means: "How far bars lie from the line; the curve is a normal law of the same mean and spread.",
    beware: "with fatter tails than the curve’s, |z| > 2 is commoner than the 5 % it suggests.",
  },
  {
    key: "autocorrelation",
    title: "Autocorrelation of the residuals",
    label: "autocorrelation of the residuals by lag",
    figure: autocorrelationFigure,
    table: autocorrelationTable,
    missing: noResiduals,
    means: "A quick fall to the dotted band is a spread that comes back; its pace is the half-life.",
    beware: "fitted residuals fall faster than the true spread, most of all in short windows.",
  },
  {
    key: "significance",
    title: "p over time",
    label: "p of the cointegration test over time",
    figure: significanceFigure,
    table: significanceTable,
    missing: (lab) => whyNot(lab.cointegration),
    means: "The pair’s p of the window before each bar; the dotted line is 5 %.",
    beware: "it is descriptive: watched long enough, any pair will once be under 5 %.",
  },
];

type Props = { chart: Chart; lab: Lab; view: ChosenPair };

function LabChart({ chart, lab, view }: Props) {
  const { theme, palette, zone } = usePreferences();
  const { data, truth = null } = lab;
  const missing = data ? chart.missing(data) : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: readTheme reads what `theme` and `palette` put on the page
  const drawn = useMemo((): Drawn | null => {
    if (!data || missing !== null) return null;
    const colors = readTheme();
    return {
      compact: chart.figure(data, { theme: colors, compact: true }, zone, truth),
      full: chart.figure(data, { theme: colors, compact: false }, zone, truth),
      table: chart.table(data),
      label: `${data.symbol_a} and ${data.symbol_b}: ${chart.label}`,
    };
  }, [chart, data, truth, missing, zone, theme, palette]);
  const { a, b, interval, window, scale, method } = view;
  return (
    <ChartPanel
      title={chart.title}
      of={`${a}, ${b}`}
      description={`${interval}, ${methodName(method)}, window ${window}, ${scale}`}
      fileName={`${a}-${b}-${interval}-${chart.key}`}
      zone={zone}
      drawn={drawn}
      note={<Note means={chart.means} beware={chart.beware} />}
      className="h-80"
    >
      {missing === null ? <LabState lab={lab} name={chart.title} /> : <Absent>{missing}</Absent>}
    </ChartPanel>
  );
}

/** One chart of the lab by its key. */
export function LabChartPanel({ name, ...rest }: { name: string; lab: Lab; view: ChosenPair }) {
  const chart = CHARTS.find(({ key }) => key === name);
  return chart ? <LabChart chart={chart} {...rest} /> : null;
}

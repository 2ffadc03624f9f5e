import type { PairLab } from "@/api/types";
import { type ChartTable, numberColumn } from "@/charts/table";
import { fixed, pValue, significant } from "@/lib/format";
import { methodName } from "@/lib/words";
import { middles, normalCounts } from "./figures";

const six = (value: number | null) => significant(value, 6);

export function scatterTable(lab: PairLab): ChartTable {
  const { time, x, y, value } = lab.residuals;
  const unit = lab.scale === "log" ? "log_" : "";
  return {
    title: "Regression",
    times: time,
    columns: [
      numberColumn(time, `${unit}${lab.symbol_b}`, lab.symbol_b, x, six),
      numberColumn(time, `${unit}${lab.symbol_a}`, lab.symbol_a, y, six),
      numberColumn(time, "residual", `residual, ${methodName(lab.method)}`, value, six),
    ],
  };
}

export function histogramTable(lab: PairLab): ChartTable {
  const { edges, counts } = lab.residuals;
  const bins = counts.map((_, bin) => bin + 1);
  const whole = (value: number | null) => fixed(value, 0);
  return {
    title: "Residuals",
    times: bins,
    index: { name: "bin", label: "Bin", text: String },
    columns: [
      numberColumn(bins, "from", "from", edges.slice(0, -1), six),
      numberColumn(bins, "to", "to", edges.slice(1), six),
      numberColumn(bins, "middle", "middle", middles(lab), six),
      numberColumn(bins, "bars", "bars", counts, whole),
      numberColumn(bins, "normal", "normal", normalCounts(lab), (value) => fixed(value, 2)),
    ],
  };
}

export function autocorrelationTable(lab: PairLab): ChartTable {
  const { autocorrelation, band } = lab.residuals;
  const lags = autocorrelation.map((_, index) => index + 1);
  const four = (value: number | null) => fixed(value, 4);
  return {
    title: "Autocorrelation",
    times: lags,
    index: { name: "lag", label: "Lag", text: String },
    columns: [
      numberColumn(lags, "autocorrelation", "autocorrelation", autocorrelation, four),
      numberColumn(
        lags,
        "band",
        "band of white noise, ±",
        lags.map(() => band),
        four,
      ),
    ],
  };
}

export function betaTable({ history: { time, methods } }: PairLab): ChartTable {
  return {
    title: "Hedge ratios over time",
    times: time,
    columns: methods.flatMap(({ method, beta, low, high }) => [
      numberColumn(time, `${method}_beta`, methodName(method), beta, six),
      numberColumn(time, `${method}_low`, "from", low, six),
      numberColumn(time, `${method}_high`, "to", high, six),
    ]),
  };
}

export function significanceTable({ history: { time, p_value } }: PairLab): ChartTable {
  return {
    title: "p over time",
    times: time,
    columns: [numberColumn(time, "p_value", "p", p_value, pValue)],
  };
}

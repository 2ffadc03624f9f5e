import type { ComponentType } from "react";
import { HedgeHistory } from "./hedge-history";
import { PairFacts } from "./pair-facts";
import type { PanelProps } from "./panel-props";
import { RegressionScatter } from "./regression-scatter";

type PanelEntry = {
  key: string;
  title: string;
  /** Name on the tab of a narrow window. */
  short: string;
  Content: ComponentType<PanelProps>;
  /** Controls at the end of its title. */
  Actions?: ComponentType<PanelProps>;
  /** Share of the column's height. */
  weight: number;
};

/** The panels beside the live panes: a new one is a component and a line here. */
export const PANELS: readonly PanelEntry[] = [
  { key: "facts", title: "This pair", short: "This pair", Content: PairFacts, weight: 1.1 },
  { key: "hedge", title: "Hedge ratio over time", short: "Hedge ratio", weight: 1, ...HedgeHistory },
  {
    key: "regression",
    title: "Regression in the window",
    short: "Regression",
    weight: 1.15,
    ...RegressionScatter,
  },
];

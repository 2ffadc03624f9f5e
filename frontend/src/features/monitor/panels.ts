import type { ComponentType } from "react";
import { lazily } from "@/components/lazily";
import { AlertsPanel } from "./alerts-panel";
import { PairFacts } from "./pair-facts";
import type { PanelProps } from "./panel-props";

export type PanelEntry = {
  key: string;
  title: string;
  /** Name on the tab of a narrow window. */
  short: string;
  Content: ComponentType<PanelProps>;
  /** Controls at the end of its title. */
  Actions?: ComponentType<PanelProps>;
  /** Share of the column's height; those of one box are tabs of it, and its first one's counts. */
  weight: number;
  /** The key of the panel in whose box it is a tab. */
  box?: string;
};

type Loaded = { Content: ComponentType<PanelProps>; Actions: ComponentType<PanelProps> };

/** A panel whose code is no part of the first load: what it draws with comes after the first data anyway. */
function lazyPanel(load: () => Promise<Loaded>): Loaded {
  return {
    Content: lazily(() => load().then((panel) => panel.Content)),
    Actions: lazily(() => load().then((panel) => panel.Actions)),
  };
}

const HedgeHistory = lazyPanel(() => import("./hedge-history").then((module) => module.HedgeHistory));
const RegressionScatter = lazyPanel(() =>
  import("./regression-scatter").then((module) => module.RegressionScatter),
);
const WhatNext = lazyPanel(() => import("./what-next").then((module) => module.WhatNext));

// Behind tabs, so that they are not part of the first load.
const PairsPanel = lazily(() => import("./pairs-panel").then((module) => module.PairsPanel));
const MatrixPanel = lazily(() => import("./pairs-panel").then((module) => module.MatrixPanel));

/** The panels beside the live panes: a new one is a component and a line here. */
export const PANELS: readonly PanelEntry[] = [
  { key: "facts", title: "This pair", short: "This pair", Content: PairFacts, weight: 1.3 },
  { key: "pairs", title: "Pairs", short: "Pairs", Content: PairsPanel, weight: 0, box: "facts" },
  { key: "matrix", title: "Matrix", short: "Matrix", Content: MatrixPanel, weight: 0, box: "facts" },
  { key: "hedge", title: "Hedge ratio over time", short: "Hedge", weight: 0.95, ...HedgeHistory },
  {
    key: "regression",
    title: "Regression",
    short: "Regression",
    weight: 1.15,
    ...RegressionScatter,
  },
  {
    key: "next",
    title: "What happened next",
    short: "What next",
    weight: 0,
    box: "regression",
    ...WhatNext,
  },
  { key: "alerts", title: "Alerts", short: "Alerts", weight: 0.6, ...AlertsPanel },
];

/** The boxes of the column, each with its panels. */
export const BOXES: readonly { key: string; weight: number; panels: readonly PanelEntry[] }[] = PANELS.filter(
  ({ box }) => box === undefined,
).map((first) => ({
  key: first.key,
  weight: first.weight,
  panels: PANELS.filter(({ key, box }) => key === first.key || box === first.key),
}));

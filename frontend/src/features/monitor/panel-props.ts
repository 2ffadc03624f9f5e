import type { PairTruth } from "@/api/truth";
import type { Decimals } from "./pane-models";
import type { PairView } from "./view-state";

/** What every panel of the Monitor gets; live data it takes from the store itself. */
export type PanelProps = { view: PairView; decimals: Decimals; truth: PairTruth | null };

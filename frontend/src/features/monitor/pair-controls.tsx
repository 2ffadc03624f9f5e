import type { ClientConfig } from "@/api/types";
import { PairChoiceControls } from "@/components/pair-choice";
import { ChartPicker } from "./chart-picker";
import { ThresholdPicker } from "./threshold-picker";
import type { ChangeView } from "./use-view";
import type { View } from "./view-state";

type Props = { view: View; config: ClientConfig; streaming: readonly string[]; onChange: ChangeView };

/** The pair and how it is computed, its thresholds, and what the charts show. */
export function PairControls({ view, config, streaming, onChange }: Props) {
  const { intervals, methods } = config;
  return (
    <>
      <PairChoiceControls choice={view} symbols={streaming} {...{ intervals, methods, onChange }} />
      <ThresholdPicker view={view} onChange={onChange} />
      <ChartPicker view={view} streaming={streaming} onChange={onChange} />
    </>
  );
}

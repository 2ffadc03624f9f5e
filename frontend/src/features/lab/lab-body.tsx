import { Failure } from "@/components/failure";
import { LabChartPanel } from "./chart-panels";
import { FitsPanel } from "./fits-panel";
import { JohansenPanel } from "./johansen-panel";
import type { ChosenPair, LabView } from "./lab-state";
import { ReadingsPanel } from "./readings-panel";
import { TruthStrip } from "./truth-strip";
import type { Lab } from "./use-lab";
import { WindowsPanel } from "./windows-panel";

type Props = { view: ChosenPair; lab: Lab; onChange: (part: Partial<LabView>) => void };

/** The panels of one pair's examination. */
export function LabBody({ view, lab, onChange }: Props) {
  const shared = { view, lab };
  return (
    <div data-testid="lab" data-as-of={lab.data?.as_of ?? undefined} className="flex flex-col gap-1">
      {lab.error && <Failure error={lab.error} onRetry={lab.refresh} />}
      <TruthStrip lab={lab} />
      <div className="grid gap-1 lg:grid-cols-2 *:min-w-0">
        <FitsPanel lab={lab} method={view.method} onChoose={(method) => onChange({ method })} />
        <LabChartPanel name="regression" {...shared} />
        <LabChartPanel name="beta" {...shared} />
        <LabChartPanel name="significance" {...shared} />
        <LabChartPanel name="residuals" {...shared} />
        <LabChartPanel name="autocorrelation" {...shared} />
        <WindowsPanel lab={lab} window={view.window} />
        <JohansenPanel lab={lab} />
        <ReadingsPanel lab={lab} />
      </div>
    </div>
  );
}

import type { ReactNode } from "react";
import type { PairTruth } from "@/api/truth";
import { FigureText } from "@/components/ui/figure-text";
import { Skeleton } from "@/components/ui/skeleton";
import { TestRole } from "@/components/ui/test-role";
import { duration, fixed, pValue, range, significant } from "@/lib/format";
import { useHeld } from "@/stores/topics";
import { halfLifeReason } from "./number-cells";
import type { PanelProps } from "./panel-props";
import { pairTopic } from "./view-state";

const two = (value: number | null) => fixed(value, 2);
const five = (value: number | null) => significant(value, 5);
const whole = (value: number | null) => fixed(value, 0);

function Fact({ name, testId, children }: { name: string; testId?: string; children: ReactNode }) {
  return (
    <div data-testid={testId} className="flex justify-between gap-2 px-2 py-px">
      <dt className="whitespace-nowrap text-fg-2">{name}</dt>
      <dd className="truncate text-right">{children}</dd>
    </div>
  );
}

type Critical = { field: string; values: Record<string, number> | null };

function CriticalValues({ field, values }: Critical) {
  const levels = Object.entries(values ?? {});
  if (levels.length === 0) return <>–</>;
  return levels.map(([level, value], index) => (
    <span key={level}>
      {index > 0 && " · "}
      <span className="text-fg-3">{level} </span>
      <FigureText field={`${field}.critical_values.${level}`} value={value} format={two} />
    </span>
  ));
}

/** What the simulated market knows: first, since it is what the estimates below are held against. */
function Truth({ kind, beta, alpha, half_life_s }: PairTruth) {
  const known = [
    beta !== null && `β ${significant(beta, 5)}`,
    alpha !== null && `α ${significant(alpha, 4)}`,
    half_life_s !== null && duration(half_life_s),
  ].filter(Boolean);
  return (
    <Fact name="simulated truth" testId="truth">
      {known.length > 0 ? known.join(" · ") : `${kind}, no more`}
    </Fact>
  );
}

/** The tests behind the numbers of the row, and on the simulated market the truth beside the estimates. */
export function PairFacts({ view, truth }: PanelProps) {
  const topic = pairTopic(view);
  const held = useHeld("pair", topic);
  if (!held) return <Skeleton label="Waiting for the pair's statistics" />;
  const { cointegration: eg, adf, half_life, ...pair } = held.data;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section aria-label="Tests of this pair" tabIndex={0} className="absolute inset-0 overflow-y-auto">
      <dl data-topic={topic} data-seq={held.seq} className="py-1 text-label">
        {truth && <Truth {...truth} />}
        <Fact name="Engle-Granger t">
          <FigureText field="cointegration.statistic" value={eg.statistic} format={two} reason={eg.reason} />
          <span className="text-fg-3"> lags </span>
          <FigureText field="cointegration.lags" value={eg.lags} format={whole} reason={eg.reason} />
          <span className="text-fg-3"> n </span>
          <FigureText field="cointegration.n" value={eg.n} format={whole} />
        </Fact>
        <Fact name="critical values">
          <CriticalValues field="cointegration" values={eg.statistic === null ? null : eg.critical_values} />
        </Fact>
        <Fact name="p, A on B · B on A">
          <FigureText field="cointegration.p_yx" value={eg.p_yx} format={pValue} reason={eg.reason} />
          {" · "}
          <FigureText field="cointegration.p_xy" value={eg.p_xy} format={pValue} reason={eg.reason} />{" "}
          <TestRole role={eg.role} />
        </Fact>
        <Fact name="ADF t of the spread">
          <FigureText field="adf.statistic" value={adf.statistic} format={two} reason={adf.reason} />
          <span className="text-fg-3"> lags </span>
          <FigureText field="adf.lags" value={adf.lags} format={whole} reason={adf.reason} />
          <span className="text-fg-3"> n </span>
          <FigureText field="adf.n" value={adf.n} format={whole} />
        </Fact>
        <Fact name="half-life, 95 % interval">
          {half_life.bars === null ? (
            <span title={halfLifeReason(held.data) ?? undefined}>{halfLifeReason(held.data) ?? "–"}</span>
          ) : (
            `${range(half_life.low, half_life.high, 1)} bars`
          )}
        </Fact>
        <Fact name="α ± standard error">
          <FigureText field="alpha" value={pair.alpha} format={five} reason={pair.reason} />
          {" ± "}
          <FigureText
            field="alpha_se"
            value={pair.alpha_se}
            format={(v) => significant(v, 3)}
            reason={pair.reason}
          />
        </Fact>
        <Fact name="live spread, at the newest fit">
          <FigureText field="live.spread" value={pair.live.spread} format={five} reason={pair.reason} />
        </Fact>
      </dl>
    </section>
  );
}

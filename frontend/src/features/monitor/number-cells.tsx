import type { ReactNode } from "react";
import type { PairAnalytics } from "@/api/types";
import { FigureText } from "@/components/ui/figure-text";
import { TestRole } from "@/components/ui/test-role";
import { count, decimalsFor, duration, fixed, pValue, range, signed, significant } from "@/lib/format";
import { plural } from "@/lib/words";
import type { PairNumber } from "./explanations";
import type { PanelProps } from "./panel-props";
import { verdict } from "./signal";

type CellProps = { pair: PairAnalytics; dimmed: boolean } & PanelProps;
export type NumberCell = {
  key: PairNumber;
  label: string;
  Value: (props: CellProps) => ReactNode;
  /** Two short lines below the number, or one that may wrap into both: how certain, from what. */
  notes: (props: CellProps) => readonly ReactNode[];
};

const TONES = { sell: "text-down", buy: "text-up", none: "" };
const SIGNS = { sell: "▲ ", buy: "▼ ", none: "" };

/** The first clause: a cell has two lines, the rest stands in its title and behind a click on the number. */
const headOf = (words: string) => words.split(";")[0];

function spreadFormat({ sd }: PairAnalytics) {
  const decimals = decimalsFor(sd, 3);
  return (value: number | null) => fixed(value, decimals);
}

const zFormat = (value: number | null) => signed(value, 2);

function coverage(pair: PairAnalytics): string {
  const { gap, partial } = pair.quality;
  if (pair.have < pair.need) return `${count(pair.have)} of ${count(pair.need)}`;
  if (gap > 0) return plural(gap, "gap");
  return partial > 0 ? `${partial} partial` : "no gaps";
}

/** Why there is no half-life: where the whole fit is missing, that is the reason. */
export function halfLifeReason({ half_life, status, reason }: PairAnalytics): string | null {
  if (status === "too_short") return "warming up";
  return status === "ok" ? half_life.reason : (reason ?? half_life.reason);
}

/** The derived numbers of a pair, from left to right. The prices before them come from the legs' bars. */
export const NUMBER_CELLS: readonly NumberCell[] = [
  {
    key: "beta",
    label: "Hedge β",
    Value: ({ pair }) => (
      <FigureText field="beta" value={pair.beta} format={(v) => significant(v, 6)} reason={pair.reason} />
    ),
    notes: ({ pair, truth }) => [
      <>
        ±{" "}
        <FigureText
          field="beta_se"
          value={pair.beta_se}
          format={(v) => significant(v, 3)}
          reason={pair.reason}
        />
      </>,
      truth?.beta != null && truth.scale === pair.scale && `true ${significant(truth.beta, 6)}`,
    ],
  },
  {
    key: "spread",
    label: "Spread",
    Value: ({ pair }) => (
      <FigureText field="spread" value={pair.spread} format={spreadFormat(pair)} reason={pair.reason} />
    ),
    notes: ({ pair }) => [
      <>
        mean <FigureText field="mean" value={pair.mean} format={spreadFormat(pair)} reason={pair.reason} />
      </>,
      <>
        σ <FigureText field="sd" value={pair.sd} format={(v) => significant(v, 3)} reason={pair.reason} />
      </>,
    ],
  },
  {
    key: "zscore",
    label: "Z-score",
    Value: ({ pair, view, dimmed }) => {
      const { tone } = verdict(pair, view.entry, dimmed);
      return (
        <span className={TONES[tone]}>
          {SIGNS[tone]}
          <FigureText
            field="zscore"
            value={pair.zscore}
            format={zFormat}
            reason={pair.zscore_reason ?? pair.signal_reason}
          />
          <span className="pl-2 text-label font-normal text-fg-2">
            live{" "}
            <FigureText field="live.zscore" value={pair.live.zscore} format={zFormat} reason={pair.reason} />
          </span>
        </span>
      );
    },
    notes: ({ pair, view, dimmed }) => [
      <span key="words" data-testid="signal" title={pair.signal_reason ?? undefined}>
        {headOf(verdict(pair, view.entry, dimmed).words)}
      </span>,
    ],
  },
  {
    key: "correlation",
    label: "Correlation",
    Value: ({ pair }) => (
      <FigureText
        field="correlation"
        value={pair.correlation}
        format={(v) => signed(v, 3)}
        reason={pair.correlation_reason ?? pair.reason}
      />
    ),
    notes: () => ["of log returns"],
  },
  {
    key: "adf",
    label: "ADF p",
    Value: ({ pair }) => (
      <FigureText field="adf.p_value" value={pair.adf.p_value} format={pValue} reason={pair.adf.reason} />
    ),
    notes: ({ pair: { cointegration } }) => [
      <>
        Engle-Granger{" "}
        <FigureText
          field="cointegration.p_value"
          value={cointegration.p_value}
          format={pValue}
          reason={cointegration.reason}
        />
      </>,
      <TestRole key="role" role={cointegration.role} />,
    ],
  },
  {
    key: "half_life",
    label: "Half-life",
    Value: ({ pair }) => (
      <FigureText
        field="half_life.seconds"
        value={pair.half_life.seconds}
        format={duration}
        reason={halfLifeReason(pair)}
      />
    ),
    notes: ({ pair, pair: { half_life }, truth }) => [
      half_life.bars === null ? (
        halfLifeReason(pair)
      ) : (
        <>
          <FigureText field="half_life.bars" value={half_life.bars} format={(v) => fixed(v, 1)} /> bars,{" "}
          {range(half_life.low, half_life.high, 0)}
        </>
      ),
      truth?.half_life_s != null && `true ${duration(truth.half_life_s)}`,
    ],
  },
  {
    key: "quality",
    label: "Quality",
    Value: ({ pair }) => <>{coverage(pair)}</>,
    notes: ({ pair: { quality } }) => [
      <>
        <FigureText field="quality.complete" value={quality.complete} format={(v) => fixed(v, 0)} /> complete,{" "}
        <FigureText field="quality.kline" value={quality.kline} format={(v) => fixed(v, 0)} /> kline
      </>,
      <>
        <FigureText field="quality.quiet" value={quality.quiet} format={(v) => fixed(v, 0)} /> quiet,{" "}
        <FigureText field="quality.gap" value={quality.gap} format={(v) => fixed(v, 0)} /> gap,{" "}
        <FigureText field="quality.partial" value={quality.partial} format={(v) => fixed(v, 0)} /> part.
      </>,
    ],
  },
];

import type { ScannedPair } from "@/api/types";
import type { SortColumn } from "@/components/sort-table";
import { FigureText } from "@/components/ui/figure-text";
import { duration, fixed, pValue, signed, significant } from "@/lib/format";
import { shortSymbol } from "@/lib/words";
import { isTested } from "./scan-rows";

const HOLDOUT: Record<ScannedPair["holdout"], { word: string; shape: string; tone: string; rank: number }> = {
  survived: { word: "survived", shape: "●", tone: "text-ok", rank: 0 },
  failed: { word: "failed", shape: "✕", tone: "text-warn", rank: 1 },
  screened_out: { word: "screened out", shape: "○", tone: "text-fg-2", rank: 2 },
  not_tried: { word: "not tried", shape: "–", tone: "text-fg-3", rank: 3 },
};

export const holdoutWord = (holdout: ScannedPair["holdout"]) => HOLDOUT[holdout].word;

// By the name that is shown: with their quote, BTCDOM would stand before BTC.
const pairName = ({ symbol_a, symbol_b }: ScannedPair) =>
  `${shortSymbol(symbol_a)} / ${shortSymbol(symbol_b)}`;

type Field = "p_value" | "p_calibrated" | "q_value" | "beta" | "zscore" | "correlation";

function why(row: ScannedPair, field: string): string | null {
  return row.reason ?? row.reasons[field] ?? null;
}

function numeric(
  key: Field,
  label: string,
  width: number,
  format: (value: number | null) => string,
  title: string,
): SortColumn<ScannedPair> {
  return {
    key,
    label,
    width,
    title,
    value: (row) => row[key],
    cell: (row) => <FigureText field={key} value={row[key]} format={format} reason={why(row, key)} />,
  };
}

function HalfLife({ row, withTime }: { row: ScannedPair; withTime: boolean }) {
  return (
    <>
      <FigureText
        field="half_life"
        value={row.half_life}
        format={(value) => fixed(value, 1)}
        reason={why(row, "half_life")}
      />
      {withTime && row.half_life_seconds !== null && (
        <span className="pl-1 text-label text-fg-3">{duration(row.half_life_seconds)}</span>
      )}
    </>
  );
}

/** What the columns hang on: how many pairs were tested, whether p has a second form, how long a bar is. */
type Scope = { tested: number; calibrated: boolean; interval: string };

/** The columns of the Scanner. */
export function scanColumns({ tested, calibrated, interval }: Scope): SortColumn<ScannedPair>[] {
  // Bars of a minute are minutes.
  const withTime = interval !== "1m";
  const byChance = ({ p_value }: ScannedPair) => (p_value === null ? null : p_value * tested);
  return [
    {
      key: "pair",
      label: "Pair",
      align: "left",
      width: 116,
      value: pairName,
      cell: pairName,
    },
    numeric("p_value", "p", 58, pValue, "Engle-Granger, the smaller of both directions, doubled"),
    ...(calibrated
      ? [
          numeric(
            "p_calibrated",
            "Calibrated p",
            92,
            pValue,
            "p under the pair’s own null, which allows for its heavy tails and jumps; q rests on it",
          ),
        ]
      : []),
    numeric("q_value", "q", 58, pValue, "The p-value with the number of pairs tested taken into account"),
    {
      key: "by_chance",
      label: "By chance",
      title: "Pairs that would have so small a p if no pair were cointegrated: p × pairs tested",
      width: 80,
      value: byChance,
      cell: (row) => (
        <FigureText
          field="by_chance"
          value={byChance(row)}
          format={(v) => fixed(v, (v ?? 1) < 1 ? 2 : 1)}
          reason={row.reason}
        />
      ),
    },
    numeric("beta", "β", 84, (value) => significant(value, 5), "Units of the second leg to one of the first"),
    numeric(
      "zscore",
      "z",
      60,
      (value) => signed(value, 2),
      "Of the last bar, by the line of those before it",
    ),
    {
      key: "half_life",
      label: "Half-life",
      title: "Bars in which half of a deviation is gone",
      width: withTime ? 112 : 76,
      value: ({ half_life }) => half_life,
      cell: (row) => <HalfLife row={row} withTime={withTime} />,
    },
    numeric("correlation", "Corr", 60, (value) => signed(value, 2), "Of log returns"),
    {
      key: "holdout",
      label: "Hold-out",
      align: "left",
      title: "Chosen on the first half of the window, tested on the second, which had no part in the choice",
      width: 118,
      value: ({ holdout }) => HOLDOUT[holdout].rank,
      cell: ({ holdout, holdout_p }) => (
        <span
          className={HOLDOUT[holdout].tone}
          title={holdout_p === null ? undefined : `p on the second half ${pValue(holdout_p)}`}
        >
          <span aria-hidden>{HOLDOUT[holdout].shape} </span>
          {HOLDOUT[holdout].word}
        </span>
      ),
    },
    {
      key: "status",
      label: "Status",
      align: "left",
      width: 96,
      value: ({ status }) => status,
      cell: (row) => (
        <span className={isTested(row) ? "text-fg-2" : "text-warn"} title={row.reason ?? undefined}>
          {row.status.replaceAll("_", " ")}
        </span>
      ),
    },
  ];
}

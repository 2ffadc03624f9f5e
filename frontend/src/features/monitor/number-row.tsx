import { type ReactNode, useState } from "react";
import { lazily } from "@/components/lazily";
import { FigureText } from "@/components/ui/figure-text";
import { classNames } from "@/lib/class-names";
import { fixed } from "@/lib/format";
import { methodName } from "@/lib/words";
import { useHeld } from "@/stores/topics";
import type { NumberKey } from "./explanations";
import { NUMBER_CELLS } from "./number-cells";
import type { PanelProps } from "./panel-props";
import { barsTopic, type PairView, pairTopic } from "./view-state";

// Loaded when the first number is asked about.
const ExplainDialog = lazily(() => import("./explain-dialog").then((module) => module.ExplainDialog));

const FITTED = new Set(["beta", "spread", "zscore", "adf", "half_life"]);

// What stands beside a number has little room.
const SHORT: Record<string, string> = { theil_sen: "TS" };

/** From what a number was computed; correlation is of returns, whatever the method and the scale. */
function scopeOf(key: string, { method, window, scale }: PairView): string | undefined {
  if (key === "correlation") return `${window} bars`;
  return FITTED.has(key) ? `${SHORT[method] ?? methodName(method)} ${window} ${scale}` : undefined;
}

type CellProps = {
  number: NumberKey;
  name: string;
  onExplain: (number: NumberKey) => void;
  label: ReactNode;
  scope?: string | undefined;
  value: ReactNode;
  notes: readonly ReactNode[];
  topic?: string;
  seq?: number | undefined;
};

function Cell({ number, name, onExplain, label, scope, value, notes, topic, seq }: CellProps) {
  return (
    <div
      data-topic={topic}
      data-seq={seq}
      className="min-w-0 bg-card px-2 py-1 max-lg:last:col-span-2 lg:last:border-r-0"
    >
      <dt className="flex justify-between gap-1 text-label text-fg-2">
        <span className="shrink-0">{label}</span>
        {scope && (
          <span className="truncate tracking-tight text-fg-3" title={scope}>
            {scope}
          </span>
        )}
      </dt>
      <dd className="m-0">
        <button
          type="button"
          title={`Where ${name} comes from`}
          onClick={() => onExplain(number)}
          className="block w-full truncate rounded-base text-left text-stat font-medium decoration-control underline-offset-4 hover:underline"
        >
          {value ?? "–"}
          <span className="sr-only">: where {name} comes from</span>
        </button>
        {notes.length === 1 ? (
          <div className="line-clamp-2 h-7 text-label text-fg-2">{notes[0]}</div>
        ) : (
          [0, 1].map((line) => (
            <div key={line} className="h-3.5 truncate text-label text-fg-2">
              {notes[line]}
            </div>
          ))
        )}
      </dd>
    </div>
  );
}

type LastProps = {
  symbol: string;
  leg: "A" | "B";
  interval: string;
  decimals: number;
  onExplain: (number: NumberKey) => void;
};

function LastPrice({ symbol, leg, interval, decimals, onExplain }: LastProps) {
  const topic = barsTopic(symbol, interval);
  const held = useHeld("bars", topic);
  const bar = held?.data.items.findLast((item) => item.close !== null);
  return (
    <Cell
      number={leg === "A" ? "last_a" : "last_b"}
      name={`the last price of ${symbol}`}
      onExplain={onExplain}
      label={`Last ${leg}`}
      topic={topic}
      seq={held?.seq}
      value={
        held && (
          <FigureText
            field={`last_${leg.toLowerCase()}`}
            value={bar?.close ?? null}
            format={(value) => fixed(value, decimals)}
            reason="no trade yet"
          />
        )
      }
      notes={[
        <span key="symbol" className={leg === "A" ? "text-leg-a" : "text-leg-b"}>
          {symbol}
        </span>,
      ]}
    />
  );
}

/** The row of numbers. Its `data-seq` is that of the pair message whose numbers it shows. */
export function NumberRow(props: PanelProps & { dimmed: boolean }) {
  const { view, decimals, dimmed } = props;
  const [explained, setExplained] = useState<NumberKey | null>(null);
  const topic = pairTopic(view);
  const held = useHeld("pair", topic);
  return (
    <>
      <dl
        aria-label="Numbers of the pair"
        data-testid="numbers"
        data-topic={topic}
        data-seq={held?.seq}
        data-market={held?.data.market}
        className={classNames(
          "m-0 grid shrink-0 grid-cols-2 gap-px overflow-hidden rounded-base border border-line bg-line lg:h-17 lg:grid-cols-9",
          dimmed && "dimmed",
        )}
      >
        <LastPrice
          symbol={view.a}
          leg="A"
          interval={view.interval}
          decimals={decimals.a}
          onExplain={setExplained}
        />
        <LastPrice
          symbol={view.b}
          leg="B"
          interval={view.interval}
          decimals={decimals.b}
          onExplain={setExplained}
        />
        {NUMBER_CELLS.map(({ key, label, Value, notes }) => (
          <Cell
            key={key}
            number={key}
            name={label}
            onExplain={setExplained}
            label={label}
            scope={scopeOf(key, view)}
            value={held && <Value {...props} pair={held.data} />}
            notes={held ? notes({ ...props, pair: held.data }) : []}
          />
        ))}
      </dl>
      {explained && <ExplainDialog {...props} number={explained} onClose={() => setExplained(null)} />}
    </>
  );
}

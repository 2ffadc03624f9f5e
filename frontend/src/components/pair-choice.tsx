import { ArrowLeftRight } from "lucide-react";
import { methodName } from "@/lib/words";
import { Button } from "./ui/button";
import { type Option, Select } from "./ui/select";
import { WindowField } from "./window-field";

/** A pair and how it is computed: the part of a view that the pages about one pair share. */
export type PairChoice<Method extends string, Scale extends string> = {
  a: string | null;
  b: string | null;
  interval: string;
  method: Method;
  window: number;
  scale: Scale;
};

type Props<Method extends string, Scale extends string> = {
  choice: PairChoice<Method, Scale>;
  /** What can be a leg. */
  symbols: readonly string[];
  intervals: readonly string[];
  methods: readonly string[];
  onChange: (part: Partial<PairChoice<Method, Scale>>) => void;
};

const SCALES: readonly Option[] = [
  { value: "level", label: "Level" },
  { value: "log", label: "Log" },
];

/** The offered symbols, and the chosen one even when it is not among them. */
function legOptions(symbols: readonly string[], own: string | null, other: string | null): Option[] {
  const all = own && !symbols.includes(own) ? [own, ...symbols] : symbols;
  const options = all.map((symbol) => ({ value: symbol, label: symbol, disabled: symbol === other }));
  return own ? options : [{ value: "", label: "Choose" }, ...options];
}

/** Controls for the pair, interval, method, window and scale: everything that a link carries. */
export function PairChoiceControls<Method extends string, Scale extends string>({
  choice,
  symbols,
  intervals,
  methods,
  onChange,
}: Props<Method, Scale>) {
  const { a, b } = choice;
  // A fixed width: more symbols on offer must not move the controls beside it.
  const leg = "w-36 max-lg:w-30";
  return (
    <>
      <div className="flex items-center gap-1">
        <Select
          caption="Pair"
          label="Leg A"
          value={a ?? ""}
          options={legOptions(symbols, a, b)}
          className={leg}
          onChange={(symbol) => onChange({ a: symbol })}
        />
        <Button
          look="ghost"
          size="icon"
          aria-label="Swap the legs"
          title="Swap the legs"
          disabled={!a || !b}
          onClick={() => onChange({ a: b, b: a })}
        >
          <ArrowLeftRight aria-hidden className="size-4" />
        </Button>
        <Select
          label="Leg B"
          value={b ?? ""}
          options={legOptions(symbols, b, a)}
          className={leg}
          onChange={(symbol) => onChange({ b: symbol })}
        />
      </div>
      <Select
        caption="Interval"
        label="Interval"
        value={choice.interval}
        options={intervals.map((value) => ({ value, label: value }))}
        onChange={(interval) => onChange({ interval })}
      />
      <Select
        caption="Method"
        label="Hedge method"
        value={choice.method}
        options={methods.map((value) => ({ value, label: methodName(value) }))}
        onChange={(method) => onChange({ method: method as Method })}
      />
      <WindowField window={choice.window} onChange={(window) => onChange({ window })} />
      <Select
        caption="Scale"
        label="Price scale"
        value={choice.scale}
        options={SCALES}
        onChange={(scale) => onChange({ scale: scale as Scale })}
      />
    </>
  );
}

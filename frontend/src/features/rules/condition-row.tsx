import { X } from "lucide-react";
import type { AlertMetric, AlertOp, HedgeMethod, Scale } from "@/api/types";
import { Button } from "@/components/ui/button";
import { metricName, opName } from "@/lib/alert-words";
import { methodName } from "@/lib/words";
import { fieldId } from "./document";
import type { ConditionDraft } from "./draft";
import { CheckField, ChoiceField, type ChoiceGroup, NumberField } from "./fields";
import { useRuleForm } from "./form";
import { isCrossing, METRIC_SPECS, METRICS, OPS } from "./metric-specs";

const METRIC_GROUPS: readonly ChoiceGroup[] = (["pair", "symbol"] as const).map((of) => ({
  label: of === "pair" ? "Of a pair" : "Of a symbol",
  choices: METRICS.filter((metric) => METRIC_SPECS[metric].of === of).map((metric) => ({
    value: metric,
    label: metricName(metric),
  })),
}));
const OP_CHOICES = OPS.map((op) => ({ value: op, label: opName(op) }));
const SCALES = [
  { value: "level", label: "Level" },
  { value: "log", label: "Log" },
];
const SYMBOL_WIDTH = "w-30 max-sm:w-[calc(50%-0.25rem)]";

/** Symbols that stream first; one that is chosen and not listed stays choosable. */
function useSymbolGroups(chosen: string): readonly ChoiceGroup[] {
  const { symbols } = useRuleForm().choices;
  const choices = (streaming: boolean) =>
    symbols
      .filter((known) => known.streaming === streaming)
      .map(({ symbol }) => ({ value: symbol, label: symbol }));
  const missing = symbols.some(({ symbol }) => symbol === chosen)
    ? []
    : [{ value: chosen, label: chosen || "Choose" }];
  return [
    { label: "Chosen", choices: missing },
    { label: "Streaming", choices: choices(true) },
    { label: "Not streaming", choices: choices(false) },
  ].filter((group) => group.choices.length > 0);
}

type FieldProps = { condition: ConditionDraft; change: (part: Partial<ConditionDraft>) => void };

function SymbolField({
  condition,
  change,
  name,
  label,
}: FieldProps & { name: "symbol" | "a" | "b"; label: string }) {
  const groups = useSymbolGroups(condition[name]);
  return (
    <ChoiceField
      id={fieldId(condition.key, name)}
      label={label}
      width={SYMBOL_WIDTH}
      value={condition[name]}
      groups={groups}
      onChange={(symbol) => change({ [name]: symbol })}
    />
  );
}

/** Over which bars and by which estimator: the fields that the metric has. */
function Basis({ condition, change }: FieldProps) {
  const { choices } = useRuleForm();
  const { key, metric, interval, window, method, scale } = condition;
  const spec = METRIC_SPECS[metric];
  const ofTrades = spec.interval === "may" ? [{ value: "", label: "Last trade" }] : [];
  return (
    <>
      {spec.interval !== "no" && (
        <ChoiceField
          id={fieldId(key, "interval")}
          label="Interval"
          width={spec.interval === "may" ? "w-26" : "w-16"}
          value={interval}
          choices={[...ofTrades, ...choices.intervals.map((each) => ({ value: each, label: each }))]}
          onChange={(value) => change({ interval: value })}
        />
      )}
      {spec.window !== "no" && (
        <NumberField
          id={fieldId(key, "window")}
          label="Window"
          hint="bars"
          width="w-20"
          value={window}
          onChange={(value) => change({ window: value })}
        />
      )}
      {spec.of === "pair" && (
        <>
          <ChoiceField
            id={fieldId(key, "method")}
            label="Method"
            width="w-26"
            value={method}
            choices={choices.methods.map((each) => ({ value: each, label: methodName(each) }))}
            onChange={(value) => change({ method: value as HedgeMethod })}
          />
          <ChoiceField
            id={fieldId(key, "scale")}
            label="Scale"
            width="w-18"
            value={scale}
            choices={SCALES}
            onChange={(value) => change({ scale: value as Scale })}
          />
        </>
      )}
    </>
  );
}

/** Fields of another metric begin with what is usual for it. */
function ofMetric(
  metric: AlertMetric,
  before: ConditionDraft,
  usual: ConditionDraft,
): Partial<ConditionDraft> {
  const spec = METRIC_SPECS[metric];
  const wasPair = METRIC_SPECS[before.metric].of === "pair";
  const interval = spec.interval === "may" ? "" : before.interval || usual.interval;
  const window =
    spec.of === "pair"
      ? wasPair
        ? before.window
        : usual.window
      : spec.window === "must"
        ? usual.window
        : "1";
  return { metric, ...spec.usual, interval, window, live: false };
}

type Props = { condition: ConditionDraft; number: number; removable: boolean };

/** One comparison, with the fields that its metric has. */
export function ConditionRow({ condition, number, removable }: Props) {
  const { changeCondition, remove, freshCondition } = useRuleForm();
  const { key, metric, op, value, forS, live } = condition;
  const spec = METRIC_SPECS[metric];
  const change = (part: Partial<ConditionDraft>) => changeCondition(key, part);
  return (
    <fieldset
      data-condition={number}
      className="relative flex flex-wrap items-start gap-x-2 gap-y-1.5 rounded-base border border-line p-2 pr-9"
    >
      <legend className="sr-only">Condition {number}</legend>
      <ChoiceField
        id={fieldId(key, "metric")}
        label="Metric"
        width="w-42 max-sm:w-full"
        value={metric}
        groups={METRIC_GROUPS}
        onChange={(chosen) => change(ofMetric(chosen as AlertMetric, condition, freshCondition()))}
      />
      {spec.of === "pair" ? (
        <>
          <SymbolField condition={condition} change={change} name="a" label="Leg A (y)" />
          <SymbolField condition={condition} change={change} name="b" label="Leg B (x)" />
        </>
      ) : (
        <SymbolField condition={condition} change={change} name="symbol" label="Symbol" />
      )}
      <Basis condition={condition} change={change} />
      <ChoiceField
        id={fieldId(key, "op")}
        label="Is"
        width="w-28"
        value={op}
        choices={OP_CHOICES}
        onChange={(chosen) => change({ op: chosen as AlertOp })}
      />
      <NumberField
        id={fieldId(key, "value")}
        label="Value"
        hint={spec.unit}
        width="w-26"
        value={value}
        onChange={(typed) => change({ value: typed })}
      />
      {!isCrossing(op) && (
        <NumberField
          id={fieldId(key, "forS")}
          label="For"
          hint="s, or empty"
          width="w-22"
          value={forS}
          onChange={(typed) => change({ forS: typed })}
        />
      )}
      {spec.live && (
        <div className="self-end">
          <CheckField
            label="Live too"
            title="Observed between closes too, every 100 ms, with the forming bar"
            checked={live}
            onChange={(checked) => change({ live: checked })}
          />
        </div>
      )}
      {removable && (
        <Button
          look="ghost"
          size="tool"
          className="absolute top-1 right-1"
          aria-label={`Remove condition ${number}`}
          title="Remove"
          onClick={() => remove(key)}
        >
          <X aria-hidden className="size-3.5" />
        </Button>
      )}
    </fieldset>
  );
}

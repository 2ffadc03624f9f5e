import type {
  AlertCondition,
  AlertGroup,
  AlertMetric,
  AlertOp,
  AlertRuleFields,
  HedgeMethod,
  Scale,
  Severity,
} from "@/api/types";

/** A rule while it is written: numbers are the text that was typed. `key` names a node for as long as it is there. */
export type ConditionDraft = {
  kind: "condition";
  key: string;
  metric: AlertMetric;
  symbol: string;
  a: string;
  b: string;
  interval: string;
  window: string;
  method: HedgeMethod;
  scale: Scale;
  op: AlertOp;
  value: string;
  forS: string;
  live: boolean;
};
export type GroupDraft = {
  kind: "group";
  key: string;
  join: "all" | "any";
  members: readonly (ConditionDraft | GroupDraft)[];
};
export type NodeDraft = ConditionDraft | GroupDraft;
export type RuleDraft = {
  name: string;
  severity: Severity;
  enabled: boolean;
  when: GroupDraft;
  rearm: string;
  cooldown: string;
  channels: readonly string[];
  sound: boolean;
  once: boolean;
  /** As a `datetime-local` field has it, in UTC; empty for never. */
  expires: string;
};

/** What a new condition begins with: what the user looked at last, or the server's defaults. */
export type Subject = {
  a: string;
  b: string;
  interval: string;
  window: string;
  method: HedgeMethod;
  scale: Scale;
  /** Beyond which z is unusual. */
  entry: string;
};

let made = 0;
export function freshKey(): string {
  made += 1;
  return `n${made}`;
}

export function newCondition(subject: Subject, part: Partial<ConditionDraft> = {}): ConditionDraft {
  const { entry, ...rest } = subject;
  const base = { kind: "condition", key: freshKey(), metric: "zscore", symbol: subject.a } as const;
  return { ...base, ...rest, op: ">", value: entry, forS: "", live: false, ...part };
}

export function newGroup(join: "all" | "any", members: readonly NodeDraft[]): GroupDraft {
  return { kind: "group", key: freshKey(), join, members };
}

export function newRule(name: string, members: readonly NodeDraft[]): RuleDraft {
  return {
    name,
    severity: "warning",
    enabled: true,
    when: newGroup("all", members),
    rearm: "",
    cooldown: "",
    channels: [],
    sound: false,
    once: false,
    expires: "",
  };
}

const text = (value: number | null) => (value === null ? "" : String(value));
const isGroup = (node: AlertCondition | AlertGroup): node is AlertGroup => !("metric" in node);

function conditionDraft(given: AlertCondition, subject: Subject): ConditionDraft {
  const [a = subject.a, b = subject.b] = given.pair?.split("-") ?? [];
  return {
    kind: "condition",
    key: freshKey(),
    metric: given.metric,
    symbol: given.symbol ?? a,
    a,
    b,
    interval: given.interval ?? (given.metric === "price" ? "" : subject.interval),
    window: given.window === null ? subject.window : String(given.window),
    method: (given.method as HedgeMethod | null) ?? subject.method,
    scale: given.scale ?? subject.scale,
    op: given.op,
    value: String(given.value),
    forS: text(given.for_s),
    live: given.live ?? false,
  };
}

function groupDraft(given: AlertGroup, subject: Subject): GroupDraft {
  const members = (given.all ?? given.any ?? []).map((member) =>
    isGroup(member) ? groupDraft(member, subject) : conditionDraft(member, subject),
  );
  return newGroup(given.all ? "all" : "any", members);
}

/** A saved rule as a draft. */
export function draftOf(rule: AlertRuleFields, subject: Subject): RuleDraft {
  const { name, severity, enabled, channels, sound, once } = rule;
  return {
    ...{ name, severity, enabled, channels, sound, once },
    when: groupDraft(rule.when, subject),
    rearm: text(rule.rearm),
    cooldown: rule.cooldown_s ? String(rule.cooldown_s) : "",
    expires: rule.expires_at === null ? "" : new Date(rule.expires_at).toISOString().slice(0, 16),
  };
}

type Template = { key: string; title: string; make: (subject: Subject) => RuleDraft };

// So that a z that trembles about its threshold is told once.
const rearmOf = ({ entry }: Subject) => String(Number(entry) * 0.75);
const legs = ({ a, b }: Subject) => `${a} / ${b}`;

/** What to begin from. */
export const TEMPLATES: readonly Template[] = [
  {
    key: "z",
    title: "z high",
    make: (subject) => ({
      ...newRule(`${legs(subject)}: z above ${subject.entry}`, [newCondition(subject)]),
      rearm: rearmOf(subject),
    }),
  },
  {
    key: "z-either",
    title: "z high or low",
    make: (subject) => {
      const low = newCondition(subject, { op: "<", value: `-${subject.entry}` });
      const rule = newRule(`${legs(subject)}: z beyond ±${subject.entry}`, [newCondition(subject), low]);
      return { ...rule, when: { ...rule.when, join: "any" } };
    },
  },
  {
    key: "z-correlation",
    title: "z and correlation",
    make: (subject) => ({
      ...newRule(`${legs(subject)}: z above ${subject.entry}, legs correlated`, [
        newCondition(subject),
        newCondition(subject, { metric: "correlation", value: "0.8", forS: "10" }),
      ]),
      rearm: rearmOf(subject),
      cooldown: "60",
    }),
  },
  {
    key: "broken",
    title: "Relation lost",
    make: (subject) =>
      newRule(`${legs(subject)}: no longer cointegrated`, [
        newCondition(subject, { metric: "coint_pvalue", value: "0.1", forS: "300" }),
      ]),
  },
  {
    key: "silent",
    title: "Feed silent",
    make: (subject) => ({
      ...newRule(`${subject.a}: no trades`, [newCondition(subject, { metric: "staleness", value: "30" })]),
      severity: "critical",
    }),
  },
];

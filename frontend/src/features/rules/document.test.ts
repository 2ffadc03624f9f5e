import { describe, expect, test } from "vitest";
import { fieldsOf } from "@/api/alerts";
import type { AlertMetric } from "@/api/types";
import { metricName } from "@/lib/alert-words";
import { alertCondition, alertRule } from "@/testing/builders";
import { fieldAt, problemsOf, ruleDocument } from "./document";
import {
  type ConditionDraft,
  draftOf,
  newCondition,
  newGroup,
  newRule,
  type RuleDraft,
  TEMPLATES,
} from "./draft";
import { METRIC_SPECS, METRICS } from "./metric-specs";
import { changed, countConditions, leadOf, withMember } from "./tree";

const subject = {
  ...{ a: "BTCUSDT", b: "ETHUSDT", interval: "1m", window: "60" },
  ...({ method: "ols", scale: "level" } as const),
  entry: "2",
};
const condition = (part: Partial<ConditionDraft> = {}) => newCondition(subject, part);
const rule = (...members: RuleDraft["when"]["members"]) => newRule("A rule", members);
const documentOf = (part: Partial<ConditionDraft>) =>
  (ruleDocument(rule(condition(part))).when as { all: unknown[] }).all[0];

describe("the document", () => {
  test("a condition has the fields that its metric has, and no others", () => {
    expect(documentOf({})).toEqual({
      ...{ metric: "zscore", pair: "BTCUSDT-ETHUSDT", method: "ols", scale: "level" },
      ...{ interval: "1m", window: 60, op: ">", value: 2 },
    });
    expect(documentOf({ metric: "staleness", value: "30", forS: "1.5", live: true })).toEqual({
      ...{ metric: "staleness", symbol: "BTCUSDT", op: ">", value: 30, for_s: 1.5 },
    });
    expect(documentOf({ metric: "price", interval: "", value: "−5" })).toEqual({
      ...{ metric: "price", symbol: "BTCUSDT", op: ">", value: -5 },
    });
    // What lasts is nothing a crossing could have.
    expect(documentOf({ op: "crosses_above", forS: "10", live: true })).toEqual({
      ...{ metric: "zscore", pair: "BTCUSDT-ETHUSDT", method: "ols", scale: "level" },
      ...{ interval: "1m", window: 60, op: "crosses_above", value: 2, live: true },
    });
  });

  test("a saved rule becomes a draft and the same document again", () => {
    const inner = { any: [alertCondition({ metric: "correlation", value: 0.8, for_s: 10 })], all: null };
    const saved = alertRule({
      when: { all: [alertCondition({ op: "<=", value: -1.5 }), inner], any: null },
      rearm: -2,
      cooldown_s: 60,
      channels: ["ops"],
      expires_at: Date.parse("2026-12-01T10:30:00Z"),
    });
    const document = ruleDocument(draftOf(fieldsOf(saved), subject));
    const bare = (value: unknown) =>
      JSON.parse(JSON.stringify(value), (key, part) =>
        part !== null && typeof part === "object" && !Array.isArray(part) && key !== ""
          ? Object.fromEntries(Object.entries(part).filter(([, each]) => each !== null))
          : part,
      );
    expect(bare(document)).toEqual(bare(fieldsOf(saved)));
  });

  test("every template is a sound rule", () => {
    for (const { title, make } of TEMPLATES)
      expect([title, [...problemsOf(make(subject))]]).toEqual([title, []]);
  });

  test("every metric has a name and its usual condition is sound where it names a value", () => {
    for (const metric of METRICS) {
      expect(metricName(metric)).not.toBe(metric);
      const { usual, window } = METRIC_SPECS[metric];
      const draft = rule(condition({ metric, ...usual, window: window === "no" ? "" : "60" }));
      const wrong = [...problemsOf(draft).keys()].map((field) => field.split(":")[1]);
      expect([metric, wrong]).toEqual([metric, usual.value === "" ? ["value"] : []]);
    }
  });
});

describe("what is wrong is named at its field", () => {
  const wrong = (draft: RuleDraft) => Object.fromEntries(problemsOf(draft));

  test.each<[Partial<ConditionDraft>, string, string]>([
    [{ value: "two" }, "value", "Has to be a number."],
    [{ value: "" }, "value", "Has to be a number."],
    [{ b: "BTCUSDT" }, "b", "Choose another symbol than the first."],
    [{ window: "1" }, "window", "Has to be a whole number from 10 to 4000."],
    [{ metric: "volatility", window: "" }, "window", "Needs a number of bars."],
    [{ forS: "-1" }, "forS", "Has to be between 0 and 2592000 seconds."],
    [{ metric: "return" as AlertMetric, interval: "" }, "interval", "Choose an interval."],
  ])("%o", (part, field, text) => {
    const member = condition(part);
    expect(wrong(rule(member))).toEqual({ [`${member.key}:${field}`]: text });
  });

  test("the rule's own fields", () => {
    const draft = { ...rule(condition()), name: " ", cooldown: "x", rearm: "3" };
    expect(wrong(draft)).toEqual({
      name: "Needs 1 to 100 characters.",
      cooldown: "Has to be a number of seconds.",
      rearm: "Has to be at most 2, the first condition's value.",
    });
    const falling = { ...rule(condition({ op: "<", value: "-2" })), rearm: "-3" };
    expect(wrong(falling)).toEqual({ rearm: "Has to be at least -2, the first condition's value." });
  });
});

describe("the server's pointer names a field of the page", () => {
  const [first, inner] = [condition(), condition({ metric: "correlation" })];
  const group = newGroup("any", [inner]);
  const draft = rule(first, group);

  test.each([
    ["/name", "name"],
    ["/cooldown_s", "cooldown"],
    ["/expires_at", "expires"],
    ["/channels/0", "channels"],
    ["/when/all/0/op", `${first.key}:op`],
    ["/when/all/0/for_s", `${first.key}:forS`],
    ["/when/all/1/any/0/pair", `${inner.key}:a`],
    ["/when/all/1/any", `${group.key}:join`],
    ["/when/all/0", `${first.key}:metric`],
    ["/when/all/7/op", `${draft.when.key}:join`],
    ["", null],
    ["/nothing", null],
  ])("%s", (pointer, field) => {
    expect(fieldAt(draft, pointer)).toBe(field);
  });
});

describe("the tree", () => {
  const [first, second, inner] = [condition(), condition(), condition()];
  const group = newGroup("any", [inner]);
  const when = newGroup("all", [first, group, second]);

  test("a node deep inside is changed, others stay the same objects", () => {
    const after = changed(when, inner.key, (node) => ({ ...node, value: "5" }) as ConditionDraft);
    expect(after.members[0]).toBe(first);
    expect((after.members[1] as typeof group).members[0]).toMatchObject({ key: inner.key, value: "5" });
    expect(changed(when, "nobody", () => null)).toBe(when);
  });

  test("nodes are added, removed and counted; the lead is the first condition", () => {
    const more = withMember(when, group.key, condition());
    expect(countConditions(more)).toBe(4);
    const less = changed(more, group.key, () => null);
    expect(countConditions(less)).toBe(2);
    expect(leadOf(newGroup("all", [group, first]))).toBe(inner);
    expect(leadOf(newGroup("all", []))).toBeNull();
  });
});

import type { ConditionDraft, GroupDraft, NodeDraft, RuleDraft } from "./draft";
import { isCrossing, isRising, LIMITS, METRIC_SPECS } from "./metric-specs";
import { leadOf } from "./tree";

/** A field's name on the page: of a node `key:field`, of the rule itself its own name. */
export type FieldId = string;
export type Problems = ReadonlyMap<FieldId, string>;
export const fieldId = (key: string, field: string): FieldId => `${key}:${field}`;

const number = (text: string) => (text.trim() === "" ? Number.NaN : Number(text.trim().replace("−", "-")));

function conditionDocument(condition: ConditionDraft): Record<string, unknown> {
  const { metric, op, forS, live, interval, window, method, scale } = condition;
  const spec = METRIC_SPECS[metric];
  const document: Record<string, unknown> = { metric };
  if (spec.of === "pair") Object.assign(document, { pair: `${condition.a}-${condition.b}`, method, scale });
  else document.symbol = condition.symbol;
  if (spec.interval !== "no" && interval !== "") document.interval = interval;
  if (spec.window !== "no" && window.trim() !== "") document.window = number(window);
  document.op = op;
  document.value = number(condition.value);
  if (forS.trim() !== "" && !isCrossing(op)) document.for_s = number(forS);
  if (live && spec.live) document.live = true;
  return document;
}

function nodeDocument(node: NodeDraft): Record<string, unknown> {
  return node.kind === "group" ? { [node.join]: node.members.map(nodeDocument) } : conditionDocument(node);
}

/** The rule as the API takes it. A field left empty is sent as null, so that an edit takes it away. */
export function ruleDocument(draft: RuleDraft): Record<string, unknown> {
  const { name, severity, enabled, when, channels, sound, once } = draft;
  return {
    ...{ name: name.trim(), severity, enabled, channels, sound, once },
    when: nodeDocument(when),
    cooldown_s: draft.cooldown.trim() === "" ? 0 : number(draft.cooldown),
    rearm: draft.rearm.trim() === "" ? null : number(draft.rearm),
    expires_at: draft.expires === "" ? null : Date.parse(`${draft.expires}Z`),
  };
}

// What a node's fields are called on the page, where that differs from the document.
const CONDITION_FIELDS: Record<string, string> = { pair: "a", for_s: "forS" };
const RULE_FIELDS: Record<string, string> = { cooldown_s: "cooldown", expires_at: "expires" };

function fieldOfNode(node: NodeDraft, path: readonly string[]): FieldId {
  const [head, index, ...rest] = path;
  if (node.kind === "condition")
    return fieldId(node.key, head === undefined ? "metric" : (CONDITION_FIELDS[head] ?? head));
  const member = node.members[Number(index)];
  return head === node.join && index !== undefined && member
    ? fieldOfNode(member, rest)
    : fieldId(node.key, "join");
}

/** The field on the page that a JSON pointer into the document names; null for the rule as a whole. */
export function fieldAt(draft: RuleDraft, pointer: string): FieldId | null {
  const [head, ...rest] = pointer.split("/").slice(1);
  if (head === undefined) return null;
  if (head === "when") return fieldOfNode(draft.when, rest);
  const field = RULE_FIELDS[head] ?? head;
  return field in draft ? field : null;
}

function seconds(text: string): string | null {
  if (text.trim() === "") return null;
  const value = number(text);
  if (!Number.isFinite(value)) return "Has to be a number of seconds.";
  return value >= 0 && value <= LIMITS.seconds ? null : `Has to be between 0 and ${LIMITS.seconds} seconds.`;
}

function windowProblem({ metric, window }: ConditionDraft): string | null {
  const { window: need, leastWindow } = METRIC_SPECS[metric];
  if (need === "no") return null;
  if (window.trim() === "") return need === "must" ? "Needs a number of bars." : null;
  const value = number(window);
  const fits = Number.isInteger(value) && value >= leastWindow && value <= LIMITS.window;
  return fits ? null : `Has to be a whole number from ${leastWindow} to ${LIMITS.window}.`;
}

function* conditionProblems(condition: ConditionDraft): Generator<[FieldId, string | null]> {
  const { key, metric, a, b, symbol, interval, value, op, forS } = condition;
  const spec = METRIC_SPECS[metric];
  const isPair = spec.of === "pair";
  yield [fieldId(key, "symbol"), isPair || symbol ? null : "Choose a symbol."];
  yield [fieldId(key, "a"), isPair && !a ? "Choose a symbol." : null];
  yield [fieldId(key, "b"), isPair && (!b || a === b) ? "Choose another symbol than the first." : null];
  yield [fieldId(key, "interval"), spec.interval === "must" && !interval ? "Choose an interval." : null];
  yield [fieldId(key, "window"), windowProblem(condition)];
  yield [fieldId(key, "value"), Number.isFinite(number(value)) ? null : "Has to be a number."];
  yield [fieldId(key, "forS"), isCrossing(op) ? null : seconds(forS)];
}

function* nodeProblems(node: NodeDraft): Generator<[FieldId, string | null]> {
  if (node.kind === "condition") return yield* conditionProblems(node);
  yield [fieldId(node.key, "join"), node.members.length === 0 ? "Needs at least one condition." : null];
  for (const member of node.members) yield* nodeProblems(member);
}

function rearmProblem(rearm: string, when: GroupDraft): string | null {
  if (rearm.trim() === "") return null;
  const [value, lead] = [number(rearm), leadOf(when)];
  if (!Number.isFinite(value)) return "Has to be a number.";
  const threshold = number(lead?.value ?? "");
  if (!lead || !Number.isFinite(threshold)) return null;
  if (isRising(lead.op) ? value <= threshold : value >= threshold) return null;
  return `Has to be at ${isRising(lead.op) ? "most" : "least"} ${threshold}, the first condition's value.`;
}

/** What is wrong with a draft as far as the page can tell, by field. The server has the last word. */
export function problemsOf(draft: RuleDraft): Problems {
  const { name, rearm, when, cooldown, expires } = draft;
  const length = name.trim().length;
  const found: [FieldId, string | null][] = [
    ["name", length >= 1 && length <= LIMITS.name ? null : `Needs 1 to ${LIMITS.name} characters.`],
    ["rearm", rearmProblem(rearm, when)],
    ["cooldown", seconds(cooldown)],
    ["expires", expires !== "" && Number.isNaN(Date.parse(`${expires}Z`)) ? "Is not a time." : null],
    ...nodeProblems(when),
  ];
  return new Map(found.filter((entry): entry is [FieldId, string] => entry[1] !== null));
}

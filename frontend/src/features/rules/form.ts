import { createContext, useContext } from "react";
import type { SymbolOut } from "@/api/types";
import type { FieldId } from "./document";
import type { ConditionDraft, NodeDraft } from "./draft";

/** What the server has for a rule to speak of. */
export type Choices = {
  symbols: readonly SymbolOut[];
  intervals: readonly string[];
  methods: readonly string[];
};

/** What every field of the rule's form needs to know. */
export type RuleForm = {
  choices: Choices;
  /** Begins the ids of the form's elements. */
  prefix: string;
  /** What is wrong with a field and may be shown already. */
  problemOf: (field: FieldId) => string | null;
  /** A field was left: what is wrong with it may be shown. */
  touch: (field: FieldId) => void;
  changeCondition: (key: string, part: Partial<ConditionDraft>) => void;
  changeJoin: (key: string, join: "all" | "any") => void;
  add: (key: string, node: NodeDraft) => void;
  remove: (key: string) => void;
  /** A condition as one that is added begins. */
  freshCondition: () => ConditionDraft;
  canAdd: boolean;
};

const Context = createContext<RuleForm | null>(null);
export const RuleFormProvider = Context.Provider;

export function useRuleForm(): RuleForm {
  const form = useContext(Context);
  if (!form) throw new Error("a field stands outside of a rule's form");
  return form;
}

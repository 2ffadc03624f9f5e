import { FolderPlus, Plus, X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { ConditionRow } from "./condition-row";
import { fieldId } from "./document";
import { type GroupDraft, newGroup } from "./draft";
import { ChoiceField } from "./fields";
import { useRuleForm } from "./form";
import { LIMITS } from "./metric-specs";
import { countConditions } from "./tree";

const JOINS = [
  { value: "all", label: "All of these hold" },
  { value: "any", label: "Any of these holds" },
];

type Props = { group: GroupDraft; depth: number /** Conditions that stand before it. */; before: number };

/** A group of conditions and inner groups. */
export function GroupBox({ group, depth, before }: Props) {
  const { changeJoin, add, remove, freshCondition, canAdd } = useRuleForm();
  const { key, join, members } = group;
  const isRoot = depth === 1;
  let number = before;
  return (
    <fieldset
      className={isRoot ? "flex flex-col gap-1.5" : "flex flex-col gap-1.5 border-l-2 border-control pl-2"}
    >
      <legend className="sr-only">{isRoot ? "Conditions" : `Inner group, level ${depth}`}</legend>
      <div className="flex items-end gap-2">
        <ChoiceField
          id={fieldId(key, "join")}
          label={isRoot ? "Fires when" : "Inner group"}
          width="w-44"
          value={join}
          choices={JOINS}
          onChange={(chosen) => changeJoin(key, chosen as GroupDraft["join"])}
        />
        {!isRoot && (
          <Button look="ghost" size="small" className="ml-auto" onClick={() => remove(key)}>
            <X aria-hidden className="size-3.5" /> Remove group
          </Button>
        )}
      </div>
      {members.map((member) => {
        const first = number;
        number += countConditions(member);
        return member.kind === "group" ? (
          <GroupBox key={member.key} group={member} depth={depth + 1} before={first} />
        ) : (
          <ConditionRow
            key={member.key}
            condition={member}
            number={first + 1}
            removable={!isRoot || members.length > 1}
          />
        );
      })}
      <div className="flex gap-1.5">
        <Button size="small" disabled={!canAdd} onClick={() => add(key, freshCondition())}>
          <Plus aria-hidden className="size-3.5" /> Condition
        </Button>
        {depth < LIMITS.nesting && (
          <Button
            size="small"
            disabled={!canAdd}
            onClick={() => add(key, newGroup(join === "all" ? "any" : "all", [freshCondition()]))}
          >
            <FolderPlus aria-hidden className="size-3.5" /> Inner group
          </Button>
        )}
      </div>
    </fieldset>
  );
}

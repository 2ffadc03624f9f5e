import type { ConditionDraft, GroupDraft, NodeDraft } from "./draft";

type Change = (node: NodeDraft) => NodeDraft | null;

/** The tree with one node changed, or left out where `change` answers null; other nodes stay the same objects. */
export function changed(group: GroupDraft, key: string, change: Change): GroupDraft {
  if (group.key === key) return change(group) as GroupDraft;
  let isSame = true;
  const members = group.members.flatMap((member) => {
    const now =
      member.key === key ? change(member) : member.kind === "group" ? changed(member, key, change) : member;
    if (now !== member) isSame = false;
    return now === null ? [] : [now];
  });
  return isSame ? group : { ...group, members };
}

export function withMember(group: GroupDraft, key: string, added: NodeDraft): GroupDraft {
  return changed(group, key, (node) =>
    node.kind === "group" ? { ...node, members: [...node.members, added] } : node,
  );
}

export function countConditions(node: NodeDraft): number {
  if (node.kind === "condition") return 1;
  return node.members.reduce((sum, member) => sum + countConditions(member), 0);
}

/** The condition that stands first, to which the re-arm threshold belongs. */
export function leadOf(group: GroupDraft): ConditionDraft | null {
  for (const member of group.members) {
    if (member.kind === "condition") return member;
    const inner = leadOf(member);
    if (inner) return inner;
  }
  return null;
}

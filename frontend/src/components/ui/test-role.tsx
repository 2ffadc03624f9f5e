const ROLES = {
  descriptive:
    "Computed anew with every bar: it describes this window. The verdict is that of a formation test.",
  formation: "Of a window whose end was fixed, so that what came after it is judged by it.",
} as const;

/** What a p-value is: a description that moves with the bars, or a verdict. */
export function TestRole({ role }: { role: keyof typeof ROLES }) {
  return (
    <span data-testid="test-role" title={ROLES[role]} className="text-fg-3">
      {role}
    </span>
  );
}

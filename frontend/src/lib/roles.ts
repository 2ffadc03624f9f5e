/** What somebody may do; each may what the one before may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Why a role may not do what `least` may, null where it may. */
export function refusal(role: Role, least: Role): string | null {
  if (ROLES.indexOf(role) >= ROLES.indexOf(least)) return null;
  return `Needs the role ${least}; you have the role ${role}`;
}

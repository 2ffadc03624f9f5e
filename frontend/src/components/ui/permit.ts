import { createContext, useContext } from "react";
import type { Role } from "@/lib/roles";

/** Why somebody of this session may not do what a role may; null where they may. */
export type Permit = (least: Role) => string | null;

export const PermitContext = createContext<Permit>(() => null);

/** Why what asks for the role is refused, null where it is not or asks for none. */
export function useRefusal(least: Role | undefined): string | null {
  const permit = useContext(PermitContext);
  return least === undefined ? null : permit(least);
}

import type { ResultStatus } from "@/api/types";

/** Why a part of the examination has no numbers; null where it has. */
export function whyNot({ status, reason }: { status: ResultStatus; reason: string | null }): string | null {
  if (status === "ok" || status === "near_perfect") return null;
  return reason ?? status.replaceAll("_", " ");
}

import type { AlertRule } from "@/api/types";

type Look = { word: string; shape: string; tone: string };

/** Where a rule stands, in a word, a shape and a colour. */
export const STANDINGS: Record<AlertRule["standing"], Look> = {
  armed: { word: "Armed", shape: "○", tone: "text-ok" },
  firing: { word: "Firing", shape: "●", tone: "text-warn" },
  cooling: { word: "Cooling down", shape: "◐", tone: "text-fg" },
  suspended: { word: "Suspended", shape: "▲", tone: "text-warn" },
  waiting: { word: "Waiting", shape: "◌", tone: "text-fg-2" },
  spent: { word: "Has fired", shape: "■", tone: "text-fg-2" },
  expired: { word: "Expired", shape: "■", tone: "text-fg-2" },
  disabled: { word: "Off", shape: "■", tone: "text-fg-2" },
};

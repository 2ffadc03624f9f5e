import type { HedgeMethod } from "@/api/types";
import type { Token } from "@/charts/theme";

/** A method's colour in every chart and table of the lab. */
export const METHOD_COLORS: Record<HedgeMethod, Token> = {
  ols: "leg-a",
  huber: "series-3",
  theil_sen: "series-4",
  kalman: "leg-b",
  tls: "series-5",
};

/** Its dashes, so that lines that lie on each other are told apart without colour, too. */
export const METHOD_DASHES: Record<HedgeMethod, string> = {
  ols: "solid",
  huber: "dash",
  theil_sen: "dot",
  kalman: "solid",
  tls: "dashdot",
};

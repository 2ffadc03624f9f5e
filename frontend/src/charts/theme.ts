/** Colours by meaning; their values are in styles/tokens.css and nowhere else. */
const TOKENS = [
  "card",
  "raised",
  "line",
  "grid",
  "control",
  "text",
  "text-2",
  "text-3",
  "leg-a",
  "leg-b",
  "series-3",
  "series-4",
  "series-5",
  "series-6",
  "up",
  "down",
  "warn",
] as const;

export type Token = (typeof TOKENS)[number];
export type ChartTheme = Record<Token, string> & { font: string };

/** Reads the colours of the theme that is on the page now. */
export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const colors = Object.fromEntries(TOKENS.map((token) => [token, value(token)])) as Record<Token, string>;
  return { ...colors, font: value("font") };
}

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PALETTES as PALETTE_NAMES } from "@/stores/preferences";

const css = readFileSync("src/styles/tokens.css", "utf8");
const THEMES = { dark: /:root \{([^}]*)\}/, light: /:root\.light \{([^}]*)\}/ };
const PALETTES = {
  "teal-vermilion": null,
  "blue-amber": {
    dark: /:root\[data-palette="blue-amber"\] \{([^}]*)\}/,
    light: /:root\.light\[data-palette="blue-amber"\] \{([^}]*)\}/,
  },
  "red-up": {
    dark: /:root\[data-palette="red-up"\] \{([^}]*)\}/,
    light: /:root\.light\[data-palette="red-up"\] \{([^}]*)\}/,
  },
};
const SERIES = ["series-3", "series-4", "series-5", "series-6"];
const TEXT = ["text", "text-2", "text-3", "leg-a", "leg-b", ...SERIES, "up", "down", "warn", "crit", "ok"];
type ThemeName = keyof typeof THEMES;
type PaletteName = keyof typeof PALETTES;

function tokens(theme: ThemeName, palette: PaletteName = "teal-vermilion"): Record<string, string> {
  const own = PALETTES[palette]?.[theme];
  return { ...read(THEMES[theme]), ...(own ? read(own) : {}) };
}

function read(rule: RegExp): Record<string, string> {
  const block = rule.exec(css)?.[1] ?? "";
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => match.slice(1)),
  );
}

/** What is seen of a colour over another one at an opacity. */
function blended(over: string | undefined, under: string | undefined, opacity: number): string {
  const channel = (hex: string | undefined, start: number) =>
    Number.parseInt((hex ?? "").slice(start, start + 2), 16);
  const mixed = [1, 3, 5].map(
    (start) => opacity * channel(over, start) + (1 - opacity) * channel(under, start),
  );
  return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string | undefined, other: string | undefined): number {
  const [low = 0, high = 0] = [luminance(one ?? ""), luminance(other ?? "")].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const EVERY: [ThemeName, PaletteName][] = PALETTE_NAMES.flatMap((palette) => [
  ["dark", palette],
  ["light", palette],
]);

describe.each(EVERY)("the %s theme in %s", (theme, palette) => {
  const color = tokens(theme, palette);

  test("up and down differ, and the legs differ from each other", () => {
    expect(color.up).not.toBe(color.down);
    expect(color["leg-a"]).not.toBe(color["leg-b"]);
    expect(palette === "teal-vermilion" || color.up !== tokens(theme).up).toBe(true);
  });

  test.each(TEXT)("%s can be read on every surface", (name) => {
    for (const surface of ["card", "page", "raised"]) {
      expect(contrast(color[name], color[surface]), `on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("the labels of dimmed charts can be read", () => {
    const rule = /\.dimmed canvas,\s*\.dimmed \.main-svg \{\s*opacity: ([\d.]+)/.exec(
      readFileSync("src/styles/app.css", "utf8"),
    );
    const label = blended(color["text-2"], color.card, Number(rule?.[1]));
    expect(contrast(label, color.card)).toBeGreaterThanOrEqual(4.5);
  });

  test("buttons can be read and controls be seen", () => {
    expect(contrast(color["on-primary"], color.primary)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(color["on-primary"], color["primary-hover"])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(color.control, color.card)).toBeGreaterThanOrEqual(3);
    expect(contrast(color.focus, color.page)).toBeGreaterThanOrEqual(3);
  });

  test("has a value for every name", () => {
    expect(Object.keys(color)).toEqual(expect.arrayContaining(Object.keys(tokens("dark"))));
  });
});

test("no colour is written anywhere else", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((path) =>
    /(?<!\.test|\.gen)\.(tsx?|css)$/.test(path),
  );
  const written = files.filter((path) => /#[0-9a-fA-F]{6}\b/.test(readFileSync(`src/${path}`, "utf8")));
  expect(written).toEqual(["styles/tokens.css"]);
});

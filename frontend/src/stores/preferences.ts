import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "dark" | "light";
export type Zone = "utc" | "local";
/** Colours of up and down: the names are what public/theme.js and styles/tokens.css know. */
export const PALETTES = ["teal-vermilion", "blue-amber", "red-up"] as const;
export type Palette = (typeof PALETTES)[number];

/** Sizes the user dragged. A panel without an entry has its own weight. */
export type Layout = { side: number; panels: Readonly<Record<string, number>> };
export type Overlays = { averages: boolean; volume: boolean };

const LAYOUT: Layout = { side: 320, panels: {} };

type Kept = {
  theme: Theme;
  palette: Palette;
  zone: Zone;
  layout: Layout;
  overlays: Overlays;
  /** Bars of the two moving averages. */
  averageLengths: readonly [number, number];
  /** Whether single keys are shortcuts; Ctrl+K and F1 always are. */
  singleKeys: boolean;
  /** Whether alerts whose rules ask for it may make a sound on this machine. */
  sound: boolean;
};
type Preferences = Kept & {
  setTheme: (theme: Theme) => void;
  setPalette: (palette: Palette) => void;
  setZone: (zone: Zone) => void;
  setLayout: (part: Partial<Layout>) => void;
  resetLayout: () => void;
  setOverlays: (part: Partial<Overlays>) => void;
  setAverageLengths: (lengths: readonly [number, number]) => void;
  setSingleKeys: (on: boolean) => void;
  setSound: (on: boolean) => void;
};

/** What one user keeps on one machine. public/theme.js reads theme and palette before the first paint. */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      theme: "dark",
      palette: "teal-vermilion",
      zone: "utc",
      layout: LAYOUT,
      overlays: { averages: false, volume: true },
      averageLengths: [20, 60],
      singleKeys: true,
      sound: false,
      setTheme: (theme) => {
        // Before React and the charts, which read their colours from the page.
        document.documentElement.className = theme;
        set({ theme });
      },
      setPalette: (palette) => {
        document.documentElement.dataset.palette = palette;
        set({ palette });
      },
      setZone: (zone) => set({ zone }),
      setLayout: (part) => set(({ layout }) => ({ layout: { ...layout, ...part } })),
      resetLayout: () => set({ layout: LAYOUT }),
      setOverlays: (part) => set(({ overlays }) => ({ overlays: { ...overlays, ...part } })),
      setAverageLengths: (averageLengths) => set({ averageLengths }),
      setSingleKeys: (singleKeys) => set({ singleKeys }),
      setSound: (sound) => set({ sound }),
    }),
    { name: "quant.preferences" },
  ),
);

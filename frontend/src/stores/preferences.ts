import { create } from "zustand";
import { persist } from "zustand/middleware";

export type Theme = "dark" | "light";
export type Zone = "utc" | "local";

type Preferences = {
  theme: Theme;
  zone: Zone;
  setTheme: (theme: Theme) => void;
  setZone: (zone: Zone) => void;
};

/** What one user keeps on one machine. public/theme.js reads the theme before the first paint. */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      theme: "dark",
      zone: "utc",
      setTheme: (theme) => {
        // Before React and the charts, which read their colours from the page.
        document.documentElement.className = theme;
        set({ theme });
      },
      setZone: (zone) => set({ zone }),
    }),
    { name: "quant.preferences" },
  ),
);

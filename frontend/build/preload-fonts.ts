import type { Plugin } from "vite";

// Text and the Greek of β and σ: what the first screen is written in.
const FIRST = /inter-(latin|greek)-wght-normal.*\.woff2$/;

/** Has the page fetch its fonts beside its script: text that changes its width once they come moves what stands after it. */
export function preloadFonts(): Plugin {
  return {
    name: "preload-fonts",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const fonts = Object.keys(bundle ?? {}).filter((file) => FIRST.test(file));
        return fonts.map((file) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${file}`, crossorigin: "" },
          injectTo: "head-prepend" as const,
        }));
      },
    },
  };
}

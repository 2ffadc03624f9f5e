import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";
import { compress } from "./build/compress.ts";
import { documentationAssets } from "./build/documentation-assets.ts";
import { mockWorker } from "./build/mock-worker.ts";
import { preloadFonts } from "./build/preload-fonts.ts";

const API = "http://127.0.0.1:8000";
// What the server answers beside the page: all paths of its API, and where that is described.
const described: { paths: object } = JSON.parse(
  readFileSync(new URL("../backend/openapi.json", import.meta.url), "utf8"),
);
const PROXIED = [
  ...Object.keys(described.paths),
  "/docs",
  "/redoc",
  "/openapi.json",
  "/docs-assets/{file}",
].map((path) => `^${path.replaceAll(".", "\\.").replace(/{\w+}/g, "[^/?]+")}(?=\\?|$)`);

const onMock = (mode: string) => loadEnv(mode, process.cwd()).VITE_USE_MOCK === "true";

export default defineConfig(({ mode }) => ({
  plugins: [
    react(),
    tailwindcss(),
    documentationAssets(),
    mockWorker(onMock(mode)),
    preloadFonts(),
    compress(),
  ],
  // Plotly reads Node's `global` in a few modules.
  define: { global: "globalThis" },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    port: 8080,
    strictPort: true,
    proxy: {
      ...Object.fromEntries(PROXIED.map((path) => [path, API])),
      "/ws": { target: API.replace("http", "ws"), ws: true },
    },
  },
  build: {
    target: "es2022",
    // The Plotly chunk is loaded on demand, after the first data.
    chunkSizeWarningLimit: 1400,
    // Inlined assets would need `data:` in the font and script policies.
    assetsInlineLimit: 0,
    // One small inline module would break `script-src 'self'`.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What most pages share, in one chunk: by itself the bundler makes forty of a few hundred bytes, 5 % larger.
        codeSplitting: { groups: [{ name: "common", test: /\/src\//, minShareCount: 8 }] },
      },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    testTimeout: 60_000, // for what hangs, on a busy machine too
    css: false,
  },
}));

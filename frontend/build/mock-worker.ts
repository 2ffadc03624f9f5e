import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const FILE = "mockServiceWorker.js";
const SOURCE = `node_modules/msw/lib/${FILE}`;

/** Serves and emits MSW's service worker where the dashboard runs on its mock, and nowhere else. */
export function mockWorker(wanted: boolean): Plugin {
  return {
    name: "mock-worker",
    configureServer(server) {
      if (!wanted) return;
      server.middlewares.use(`/${FILE}`, (_request, response) => {
        response.setHeader("content-type", "text/javascript");
        response.end(readFileSync(SOURCE));
      });
    },
    generateBundle() {
      if (wanted) this.emitFile({ type: "asset", fileName: FILE, source: readFileSync(SOURCE) });
    },
  };
}

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const OUTSIDE_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";
// The favicon stands in for the one picture that ReDoc would fetch from elsewhere.
const OWN_LOGO = "/favicon.svg";

// Who wrote what the two scripts contain, under which licences.
const NOTICES = [
  ["redoc", "bundles/redoc.standalone.js.LICENSE.txt"],
  ["swagger-ui-dist", "swagger-ui-bundle.js.LICENSE.txt"],
  ["swagger-ui-dist", "NOTICE"],
] as const;

function packageFile(name: string, path: string): string {
  return join(dirname(require.resolve(`${name}/package.json`)), path);
}

async function redoc(): Promise<string> {
  const source = await readFile(packageFile("redoc", "bundles/redoc.standalone.js"), "utf8");
  if (!source.includes(OUTSIDE_LOGO)) {
    throw new Error(`redoc no longer names ${OUTSIDE_LOGO}: check what it now loads from outside`);
  }
  return source.replaceAll(OUTSIDE_LOGO, OWN_LOGO).replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
}

async function swagger(file: string): Promise<string> {
  const source = await readFile(packageFile("swagger-ui-dist", file), "utf8");
  return source.replace(/\n(\/\/|\/\*)# sourceMappingURL=.*\s*$/, "\n");
}

/** Puts Swagger UI and ReDoc into `docs-assets/`, from where the server's `/docs` and `/redoc` load them. */
export function documentationAssets(): Plugin {
  return {
    name: "documentation-assets",
    apply: "build",
    async generateBundle() {
      const emit = (name: string, source: string) =>
        this.emitFile({ type: "asset", fileName: `docs-assets/${name}`, source });
      emit("redoc.standalone.js", await redoc());
      for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) emit(name, await swagger(name));
      for (const [name, path] of NOTICES)
        emit(basename(path), await readFile(packageFile(name, path), "utf8"));
    },
  };
}

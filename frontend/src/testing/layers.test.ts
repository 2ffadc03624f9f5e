import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SRC = join(process.cwd(), "src");
// What each layer may import besides itself. A new feature is covered without a line here.
const MAY_IMPORT: Record<string, readonly string[]> = {
  app: ["mock", "features", "charts", "components", "stores", "api", "lib", "styles"],
  features: ["charts", "components", "stores", "api", "lib"],
  mock: ["api", "lib"],
  charts: ["components", "lib"],
  components: ["lib"],
  stores: ["api", "lib"],
  api: ["lib"],
  lib: [],
};

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path),
);

function imports(path: string): string[] {
  const source = readFileSync(join(SRC, path), "utf8");
  return [...source.matchAll(/(?:from|import)\s*\(?\s*"(@\/[^"]+|\.\.?\/[^"]+)"/g)].map((match) => {
    const target = match[1] ?? "";
    return target.startsWith("@/") ? target.slice(2) : join(path, "..", target);
  });
}

test("imports point one way, and no feature imports another", () => {
  const broken = sources.flatMap((path) => {
    const [layer = "", part = ""] = path.split("/");
    const allowed = MAY_IMPORT[layer];
    if (!allowed) return [];
    return imports(path).flatMap((target) => {
      const [targetLayer = "", targetPart = ""] = target.split("/");
      const inside = targetLayer === layer && (layer !== "features" || targetPart === part);
      return inside || allowed.includes(targetLayer) ? [] : [`${path} imports ${target}`];
    });
  });
  expect(sources.length).toBeGreaterThan(50);
  expect(broken).toEqual([]);
});

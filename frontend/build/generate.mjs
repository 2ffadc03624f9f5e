/**
 * Writes what the dashboard knows of the server's wire, from ../backend/openapi.json: types (schema.gen.ts) and the
 * checks of WebSocket messages (messages.gen.ts). With --check nothing is written and a difference is an error.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const SOURCE = "../backend/openapi.json";
const TYPES = "src/api/schema.gen.ts";
const MESSAGES = "src/api/messages.gen.ts";
const checking = process.argv.includes("--check");

const { schemas } = JSON.parse(readFileSync(SOURCE, "utf8")).components;
const constName = (name) => name[0].toLowerCase() + name.slice(1);
const refName = (ref) => ref.split("/").at(-1);
const quoted = (value) => JSON.stringify(value);

/** The check of one schema as an expression, and the names of the schemas it refers to. */
function expression(schema, uses) {
  const of = (part) => expression(part, uses);
  if (schema.$ref) {
    uses.add(refName(schema.$ref));
    return constName(refName(schema.$ref));
  }
  if (schema.anyOf) {
    const parts = schema.anyOf.filter((part) => part.type !== "null").map(of);
    const one = parts.length === 1 ? parts[0] : `z.union([${parts.join(", ")}])`;
    return parts.length < schema.anyOf.length ? `z.nullable(${one})` : one;
  }
  if (schema.const !== undefined) return `z.literal(${quoted(schema.const)})`;
  if (schema.enum) return `z.enum(${quoted(schema.enum)})`;
  switch (schema.type) {
    case "string":
      return "z.string()";
    case "integer":
      return "z.int()";
    case "number":
      return "z.number()";
    case "boolean":
      return "z.boolean()";
    case "array":
      if (schema.prefixItems) return `z.tuple([${schema.prefixItems.map(of).join(", ")}])`;
      return `z.array(${of(schema.items)})`;
    case "object":
      return object(schema, of);
  }
  throw new Error(`no check is known for ${JSON.stringify(schema)}`);
}

function object(schema, of) {
  if (!schema.properties) return `z.record(z.string(), ${of(schema.additionalProperties)})`;
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).map(([name, part]) => {
    const check = of(part);
    return `  ${/^\w+$/.test(name) ? name : quoted(name)}: ${required.has(name) ? check : `z.optional(${check})`},`;
  });
  return `z.object({\n${fields.join("\n")}\n})`;
}

/** The schemas that the given ones need, each after those it refers to. */
function ordered(names) {
  const checks = new Map();
  const visit = (name) => {
    if (checks.has(name)) return;
    const uses = new Set();
    let text = expression(schemas[name], uses);
    if (uses.delete(name)) {
      // It holds others of its own kind.
      text = text.replaceAll(new RegExp(`\\b${constName(name)}\\b`, "g"), `z.lazy(() => ${constName(name)})`);
    }
    for (const used of uses) visit(used);
    checks.set(name, text);
  };
  for (const name of names) visit(name);
  return checks;
}

function messagesSource() {
  const names = Object.keys(schemas).sort();
  // A message about a topic is named after the topic's head; any other says its own type.
  const topics = names.filter((name) => /.Message$/.test(name) && schemas[name].properties?.topic);
  const others = names.filter((name) => schemas[name].properties?.type?.const !== undefined);
  const checks = ordered([...topics, ...others]);
  const definitions = [...checks].map(
    ([name, text]) => `const ${constName(name)}: z.ZodMiniType<Schemas["${name}"]> = ${text};`,
  );
  const head = (name) => name.replace(/Message$/, "").toLowerCase();
  return [
    "/** Made by build/generate.mjs from the server's openapi.json; `make generate` makes it anew. */",
    'import * as z from "zod/mini";',
    'import type { components } from "./schema.gen";',
    "",
    'type Schemas = components["schemas"];',
    "",
    ...definitions,
    "",
    "/** What a message about a topic has to be, by the head of the topic's name. */",
    `export const TOPIC_MESSAGES = {\n${topics.map((name) => `  ${head(name)}: ${constName(name)},`).join("\n")}\n};`,
    "",
    "/** What any other message has to be, by its type. */",
    `export const OTHER_MESSAGES = {\n${others
      .map((name) => `  ${schemas[name].properties.type.const}: ${constName(name)},`)
      .join("\n")}\n};`,
    "",
  ].join("\n");
}

const types = spawnSync(
  process.execPath,
  [
    "node_modules/openapi-typescript/bin/cli.js",
    SOURCE,
    "-o",
    TYPES,
    "--alphabetize",
    ...(checking ? ["--check"] : []),
  ],
  { stdio: "inherit" },
);
if (types.status !== 0) process.exit(types.status ?? 1);

const wanted = messagesSource();
if (!checking) writeFileSync(MESSAGES, wanted);
else if (readFileSync(MESSAGES, "utf8") !== wanted) {
  process.stderr.write(`${MESSAGES} is stale\n`);
  process.exit(1);
}

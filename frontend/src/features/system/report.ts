import type { SystemStatus } from "@/api/types";
import { ABSENT, bytes, count, duration } from "@/lib/format";

/** What a report of a mistake has to say of the server and the browser: no path, and no machine's name. */
export function reportOf(system: SystemStatus, browser: string): string {
  const { versions, process, buffers, market } = system;
  const memory = process.memory_bytes === null ? ABSENT : bytes(process.memory_bytes);
  const libraries = Object.entries(versions.libraries).map((library) => library.join(" "));
  return [
    `Quant Analytics Platform ${versions.product}, Python ${versions.python}, SQLite ${versions.sqlite}`,
    versions.platform,
    libraries.join(", "),
    `Market ${market}: ${count(buffers.symbols)} symbols, ${count(buffers.ticks)} trades and ${count(buffers.bars)} bars held`,
    `Running for ${duration(process.uptime_s)}, ${memory} of memory, ${process.threads} threads`,
    browser,
    "",
  ].join("\n");
}

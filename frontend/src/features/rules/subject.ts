import type { ClientConfig, HedgeMethod, StreamStatus, SymbolOut } from "@/api/types";
import { lastAddress } from "@/stores/location";
import type { Subject } from "./draft";

/** What a new rule is about: what the address says, else what the Monitor showed last, else what streams. */
export function subjectFor(
  search: string,
  config: ClientConfig,
  status: StreamStatus | null,
  symbols: readonly SymbolOut[],
): Subject {
  const asked = new URLSearchParams(search);
  const shown = new URLSearchParams(lastAddress("/").slice(2));
  const streaming = (status?.symbols ?? []).filter(({ state }) => state !== "stopped");
  const names = [...new Set([...streaming, ...symbols].map(({ symbol }) => symbol))];
  const pick = (name: string, fits: (value: string) => boolean, otherwise: string) =>
    [asked.get(name), shown.get(name)].find((value) => value !== null && fits(value)) ?? otherwise;
  const entry = (asked.get("z") ?? shown.get("z") ?? "").split(",")[0] ?? "";
  const isListed = (value: string) => names.length === 0 || names.includes(value);
  const a = pick("a", isListed, names[0] ?? "");
  const isOther = (value: string) => isListed(value) && value !== a;
  return {
    a,
    b: pick("b", isOther, names.find(isOther) ?? ""),
    interval: pick(
      "tf",
      (value) => config.intervals.includes(value),
      config.intervals[1] ?? config.intervals[0] ?? "1m",
    ),
    window: pick("w", (value) => /^\d+$/.test(value), String(config.window)),
    method: pick("m", (value) => config.methods.includes(value), config.method) as HedgeMethod,
    scale:
      pick("s", (value) => value === "log" || value === "level", config.scale) === "log" ? "log" : "level",
    entry: Number(entry) > 0 ? entry : "2",
  };
}

import type { ClientConfig, HedgeMethod, StreamStatus, SymbolOut } from "@/api/types";
import type { Command } from "@/components/ui/command-list";
import { parseView, type View, viewAddress } from "@/features/monitor/view-state";
import { zoneHead } from "@/lib/format";
import { methodName, paletteName } from "@/lib/words";
import { lastAddress, navigate } from "@/stores/location";
import { PALETTES, usePreferences } from "@/stores/preferences";
import { PAGES } from "./pages";
import { SHORTCUTS } from "./shortcuts";

export type CommandNeeds = {
  config: ClientConfig | null;
  status: StreamStatus | null;
  symbols: readonly SymbolOut[];
  /** Asks the server to start or stop symbols; nothing named is all of them. */
  start: (symbols?: string[]) => void;
  stop: () => void;
  openHelp: () => void;
  /** Whether the server will do what changes the stream. */
  mayOperate: boolean;
};

/** The Monitor's address, wherever the user is. */
function monitorSearch(): string {
  if (window.location.pathname === "/") return window.location.search;
  return lastAddress("/").slice(1);
}

function viewNow(config: ClientConfig): View {
  return parseView(monitorSearch(), config);
}

function show(config: ClientConfig, part: Partial<View>): void {
  navigate(viewAddress({ ...viewNow(config), ...part }));
}

export function streamingSymbols(status: StreamStatus | null): string[] {
  return (status?.symbols ?? []).filter(({ state }) => state !== "stopped").map(({ symbol }) => symbol);
}

/** Every pair of the symbols, each once. */
export function pairsOf(symbols: readonly string[]): { a: string; b: string }[] {
  return symbols.flatMap((a, index) => symbols.slice(index + 1).map((b) => ({ a, b })));
}

function after<Value>(
  values: readonly Value[],
  value: Value,
  step: 1 | -1,
  around: boolean,
): Value | undefined {
  const index = values.indexOf(value);
  const next = index + step;
  if (around) return values[(next + values.length) % values.length];
  return values[next];
}

function stepPair({ config, status }: CommandNeeds, step: 1 | -1): void {
  if (!config) return;
  const pairs = pairsOf(streamingSymbols(status));
  const { a, b } = viewNow(config);
  const at = pairs.findIndex((pair) => [a, b].includes(pair.a) && [a, b].includes(pair.b));
  const next = pairs[(at + step + pairs.length) % Math.max(1, pairs.length)];
  if (next) show(config, next);
}

function swapLegs(config: ClientConfig): void {
  const { a, b } = viewNow(config);
  if (a && b) show(config, { a: b, b: a });
}

function stepInterval(config: ClientConfig, step: 1 | -1): void {
  const interval = after(config.intervals, viewNow(config).interval, step, false);
  if (interval) show(config, { interval });
}

function nextMethod(config: ClientConfig): void {
  const method = after(config.methods, viewNow(config).method, 1, true);
  if (method) show(config, { method: method as HedgeMethod });
}

const OF_THE_VIEW: Record<string, (config: ClientConfig) => void> = {
  swap: swapLegs,
  scale: (config) => show(config, { scale: viewNow(config).scale === "log" ? "level" : "log" }),
  "next-interval": (config) => stepInterval(config, 1),
  "previous-interval": (config) => stepInterval(config, -1),
  "next-method": nextMethod,
};

const OF_THE_LOOK: Record<string, (preferences: ReturnType<typeof usePreferences.getState>) => void> = {
  theme: ({ theme, setTheme }) => setTheme(theme === "dark" ? "light" : "dark"),
  palette: ({ palette, setPalette }) => setPalette(after(PALETTES, palette, 1, true) ?? PALETTES[0]),
  zone: ({ zone, setZone }) => setZone(zone === "utc" ? "local" : "utc"),
};

/** Does what a shortcut names. */
export function act(action: string, needs: CommandNeeds): void {
  if (action.startsWith("page:")) navigate(lastAddress(action.slice(5)));
  if (action === "help") needs.openHelp();
  if (action === "next-pair") stepPair(needs, 1);
  if (action === "previous-pair") stepPair(needs, -1);
  OF_THE_LOOK[action]?.(usePreferences.getState());
  if (needs.config) OF_THE_VIEW[action]?.(needs.config);
}

function keysOf(action: string): { hint?: string } {
  const shortcut = SHORTCUTS.find((known) => known.action === action);
  return shortcut ? { hint: shortcut.keys.join(" ") } : {};
}

function pageCommands(): Command[] {
  return PAGES.map(({ path, title }) => ({
    id: `page-${title}`,
    group: "Pages",
    title,
    ...keysOf(`page:${path}`),
    run: () => navigate(lastAddress(path)),
  }));
}

function pairCommands(config: ClientConfig, streaming: readonly string[]): Command[] {
  return pairsOf(streaming).map(({ a, b }) => ({
    id: `pair-${a}-${b}`,
    group: "Pairs",
    title: `${a} / ${b}`,
    words: `${b} ${a}`,
    run: () => show(config, { a, b }),
  }));
}

function symbolCommands(config: ClientConfig, needs: CommandNeeds, streaming: readonly string[]): Command[] {
  const view = viewNow(config);
  const legs = streaming.flatMap((symbol): Command[] =>
    (["a", "b"] as const).flatMap((leg) => {
      const other = leg === "a" ? "b" : "a";
      if (view[leg] === symbol) return [];
      // A symbol that is the other leg changes places with this one.
      const swapped = view[other] === symbol ? { [other]: view[leg] } : {};
      return {
        id: `leg-${leg}-${symbol}`,
        group: "Symbols",
        title: `${symbol} as leg ${leg.toUpperCase()}`,
        run: () => show(config, { ...swapped, [leg]: symbol }),
      };
    }),
  );
  const startable = (needs.mayOperate ? needs.symbols : [])
    .filter(({ symbol, status }) => status === "TRADING" && !streaming.includes(symbol))
    .map(({ symbol }) => ({
      id: `start-${symbol}`,
      group: "Symbols",
      title: `Start ${symbol}`,
      words: "stream",
      run: () => needs.start([symbol]),
    }));
  return [...legs, ...startable];
}

function viewCommands(config: ClientConfig): Command[] {
  const view = viewNow(config);
  const current = (is: boolean) => (is ? { hint: "shown" } : {});
  return [
    ...config.intervals.map((interval) => ({
      id: `interval-${interval}`,
      group: "Interval",
      title: `Interval ${interval}`,
      ...current(interval === view.interval),
      run: () => show(config, { interval }),
    })),
    ...config.methods.map((method) => ({
      id: `method-${method}`,
      group: "Method",
      title: `Hedge method ${methodName(method)}`,
      ...current(method === view.method),
      run: () => show(config, { method: method as HedgeMethod }),
    })),
    ...(["level", "log"] as const).map((scale) => ({
      id: `scale-${scale}`,
      group: "Scale",
      title: scale === "log" ? "Log prices" : "Level prices",
      words: "scale",
      ...current(scale === view.scale),
      run: () => show(config, { scale }),
    })),
  ];
}

function lookCommands(): Command[] {
  const { theme, zone, palette, overlays, setOverlays, ...preferences } = usePreferences.getState();
  const other = theme === "dark" ? "light" : "dark";
  return [
    {
      id: "theme",
      group: "Look",
      title: `${other === "light" ? "Light" : "Dark"} theme`,
      ...keysOf("theme"),
      run: () => preferences.setTheme(other),
    },
    {
      id: "zone",
      group: "Look",
      title: `Times in ${zoneHead(zone === "utc" ? "local" : "utc")}`,
      words: "time zone local",
      ...keysOf("zone"),
      run: () => preferences.setZone(zone === "utc" ? "local" : "utc"),
    },
    ...PALETTES.map((name) => ({
      id: `palette-${name}`,
      group: "Look",
      title: `Palette: ${paletteName(name)}`,
      words: "colours colors up down",
      ...(name === palette ? { hint: "shown" } : {}),
      run: () => preferences.setPalette(name),
    })),
    {
      id: "averages",
      group: "Look",
      title: `${overlays.averages ? "Hide" : "Show"} moving averages`,
      run: () => setOverlays({ averages: !overlays.averages }),
    },
    {
      id: "volume",
      group: "Look",
      title: `${overlays.volume ? "Hide" : "Show"} volume`,
      run: () => setOverlays({ volume: !overlays.volume }),
    },
    { id: "reset", group: "Look", title: "Reset layout", run: preferences.resetLayout },
  ];
}

function actionCommands(needs: CommandNeeds): Command[] {
  return [
    {
      id: "swap",
      group: "Actions",
      title: "Swap the legs",
      ...keysOf("swap"),
      run: () => act("swap", needs),
    },
    ...(needs.mayOperate
      ? [
          { id: "start", group: "Actions", title: "Start streaming", run: () => needs.start() },
          { id: "stop", group: "Actions", title: "Stop streaming", run: needs.stop },
        ]
      : []),
    {
      id: "copy",
      group: "Actions",
      title: "Copy a link to this view",
      words: "share url address",
      run: () => void navigator.clipboard?.writeText(window.location.href).catch(() => {}),
    },
    {
      id: "help",
      group: "Actions",
      title: "Keyboard shortcuts",
      words: "help keys",
      ...keysOf("help"),
      run: needs.openHelp,
    },
  ];
}

/** Everything the palette offers, as things are now. */
export function commandsFor(needs: CommandNeeds): Command[] {
  const { config, status } = needs;
  const streaming = streamingSymbols(status);
  return [
    ...pageCommands(),
    ...(config ? pairCommands(config, streaming) : []),
    ...(config ? viewCommands(config) : []),
    ...actionCommands(needs),
    ...lookCommands(),
    ...(config ? symbolCommands(config, needs, streaming) : []),
  ];
}

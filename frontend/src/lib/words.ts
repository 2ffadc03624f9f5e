const METHODS: Record<string, string> = {
  ols: "OLS",
  huber: "Huber",
  theil_sen: "Theil-Sen",
  kalman: "Kalman",
  tls: "TLS",
};

export function methodName(method: string): string {
  return METHODS[method] ?? method;
}

const PALETTES: Record<string, string> = {
  "teal-vermilion": "teal up, vermilion down",
  "blue-amber": "blue up, amber down",
  "red-up": "red up, green down",
};

export function paletteName(palette: string): string {
  return PALETTES[palette] ?? palette;
}

/** A source's name as a user says it; `sim:7`, `replay:FILE` and `binance` are what the server says. */
export function sourceName(source: string): string {
  const scheme = source.split(":", 1)[0];
  if (scheme === "binance") return "Binance";
  if (scheme === "sim") return "Simulated market";
  if (scheme === "replay") return "Recording";
  return source;
}

/** A symbol without its quote, for narrow places: BTCUSDT is BTC. */
export function shortSymbol(symbol: string): string {
  return symbol.replace(/(USDT|USDC|BUSD|USD)$/, "") || symbol;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

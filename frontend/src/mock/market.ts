import type { Bar, SymbolOut, TruePair } from "@/api/types";

/** The market of the mock: prices by the second from a seed, from a day before the page was opened. */
export const SECOND = 1000;
const DEPTH_S = 26 * 3600;
const SEED = 7;

export const PAIR: TruePair = {
  symbol_a: "BTCUSDT",
  symbol_b: "ETHUSDT",
  kind: "cointegrated",
  scale: "level",
  alpha: 6000,
  beta: 18,
  half_life_s: 420,
  noise_sd: 60,
  correlation: null,
};

type Listed = { symbol: string; price: number; tick: number; step: number; rate: number };
const LISTED: readonly Listed[] = [
  { symbol: "BTCUSDT", price: 60_000, tick: 0.1, step: 0.001, rate: 6 },
  { symbol: "ETHUSDT", price: 3000, tick: 0.01, step: 0.01, rate: 5 },
  { symbol: "SOLUSDT", price: 150, tick: 0.001, step: 0.1, rate: 3 },
  { symbol: "BNBUSDT", price: 600, tick: 0.01, step: 0.01, rate: 2 },
];
export const SYMBOLS = LISTED.map(({ symbol }) => symbol);

/** Uniform numbers from a seed (mulberry32). */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function normals(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

export class MockMarket {
  readonly name = `sim-${SEED}`;
  /** The first second there is, in milliseconds. */
  readonly start: number;
  private readonly prices = new Map<string, number[]>(SYMBOLS.map((symbol) => [symbol, []]));
  private readonly noise = normals(uniforms(SEED));
  private deviation = 0;
  private readonly levels = new Map(LISTED.map(({ symbol, price }) => [symbol, Math.log(price)]));

  constructor(now: number) {
    this.start = Math.floor(now / (60 * SECOND)) * 60 * SECOND - DEPTH_S * SECOND;
    this.advance(now);
  }

  /** Makes the seconds up to `now`. */
  advance(now: number): void {
    const wanted = Math.floor((now - this.start) / SECOND);
    const made = this.prices.get("BTCUSDT") ?? [];
    while (made.length < wanted) this.makeSecond();
  }

  /** The last second that is complete. */
  get end(): number {
    return this.start + (this.prices.get("BTCUSDT")?.length ?? 0) * SECOND;
  }

  price(symbol: string): number {
    return this.prices.get(symbol)?.at(-1) ?? 0;
  }

  listed(symbol: string): Listed | undefined {
    return LISTED.find((entry) => entry.symbol === symbol);
  }

  /** The newest `count` bars up to the forming one. */
  bars(symbol: string, step: number, count: number): Bar[] {
    const first = Math.max(this.start, Math.floor((this.end - SECOND) / step) * step - (count - 1) * step);
    const bars: Bar[] = [];
    for (let time = first; time < this.end; time += step) bars.push(this.bar(symbol, time, step));
    return bars;
  }

  symbolOut(symbol: string, streaming: boolean): SymbolOut {
    const { tick = 0.01, step = 0.01 } = this.listed(symbol) ?? {};
    return {
      symbol,
      base: symbol.replace("USDT", ""),
      quote: "USDT",
      status: "TRADING",
      tick_size: tick,
      step_size: step,
      streaming,
    };
  }

  private bar(symbol: string, time: number, step: number): Bar {
    const all = this.prices.get(symbol) ?? [];
    const from = (time - this.start) / SECOND;
    const seconds = all.slice(from, from + step / SECOND);
    const open = all[from - 1] ?? seconds[0] ?? 0;
    const close = seconds.at(-1) ?? open;
    const next = uniforms(time / SECOND);
    const trades = Math.max(
      1,
      Math.round(seconds.length * (this.listed(symbol)?.rate ?? 1) * (0.5 + next())),
    );
    const volume = Number((trades * (0.2 + next())).toFixed(3));
    return {
      time,
      open,
      high: Math.max(open, ...seconds),
      low: Math.min(open, ...seconds),
      close,
      volume,
      quote_volume: volume * close,
      trades,
      vwap: (open + close) / 2,
      closed: time + step <= this.end,
      quality: "complete",
      revision: 0,
    };
  }

  private makeSecond(): void {
    const { noise } = this;
    for (const { symbol, tick } of LISTED) {
      if (symbol === PAIR.symbol_a) continue;
      const level = (this.levels.get(symbol) ?? 0) + 0.00012 * noise();
      this.levels.set(symbol, level);
      this.push(symbol, Math.exp(level), tick);
    }
    // The spread returns by half in `half_life_s`.
    const stay = 0.5 ** (1 / (PAIR.half_life_s ?? 1));
    this.deviation = stay * this.deviation + (PAIR.noise_sd ?? 0) * Math.sqrt(1 - stay * stay) * noise();
    const leg = this.price(PAIR.symbol_b);
    this.push(PAIR.symbol_a, (PAIR.alpha ?? 0) + (PAIR.beta ?? 0) * leg + this.deviation, 0.1);
  }

  private push(symbol: string, price: number, tick: number): void {
    this.prices.get(symbol)?.push(Number((Math.round(price / tick) * tick).toFixed(4)));
  }
}

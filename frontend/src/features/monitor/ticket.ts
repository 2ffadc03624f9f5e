import type { Scale } from "@/api/types";

export type LegMarket = {
  price: number;
  /** What its units are a multiple of; 0 while unknown. */
  step: number;
  /** Of the best quote; null while none is known. */
  bid: number | null;
  ask: number | null;
  /** Paid by who is long to who is short, once at the next funding; null while unknown. */
  fundingRate: number | null;
};

export type TicketInput = {
  side: "buy" | "sell";
  /** What leg A is to be worth, in the quote currency. */
  notional: number;
  beta: number;
  scale: Scale;
  /** σ of the spread, for the break-even in z. */
  sd: number | null;
  /** Taker's fee of one fill, in basis points. */
  feeBps: number;
  a: LegMarket;
  b: LegMarket;
};

export type TicketLeg = { side: "buy" | "sell"; units: number; notional: number };

export type Ticket = {
  a: TicketLeg;
  b: TicketLeg;
  /** What both legs are worth together. */
  gross: number;
  /** Leg B's units that rounding left away from β-neutral, in the quote currency: positive is too long in B. */
  left: number;
  /** The same as a share of the units that β asks for. */
  leftShare: number;
  /** Opening and closing both legs. */
  fees: number;
  /** Crossing both quotes, in and out; null while a quote is unknown. */
  crossing: number | null;
  /** What the next funding costs; negative is received. */
  funding: number | null;
  /** Fees and crossing, in basis points of the gross, in the units of the spread, and in σ. */
  breakEvenBps: number | null;
  /** The same with the next funding. */
  fundedBps: number | null;
  breakEvenSpread: number | null;
  breakEvenZ: number | null;
};

/** The largest multiple of `step` not above `units`, in the step's own decimals. */
export function toStep(units: number, step: number, round: (value: number) => number = Math.floor): number {
  // 0.3 / 0.1 is 2.9999999999999996: a hair below a whole step is the step.
  const steps = round(units / step + (round === Math.floor ? 1e-9 : 0));
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) + 2;
  return Number((steps * step).toFixed(Math.min(12, decimals)));
}

const opposite = { buy: "sell", sell: "buy" } as const;
const signOf = { buy: 1, sell: -1 } as const;

function crossingOf(leg: LegMarket, units: number): number | null {
  // Half a spread in, half a spread out.
  return leg.bid === null || leg.ask === null ? null : (leg.ask - leg.bid) * units;
}

const sum = (one: number | null, other: number | null) =>
  one === null || other === null ? null : one + other;

/** Units of both legs for a β-neutral position in the spread, and what it has to earn before it earns. */
export function ticketOf(input: TicketInput): Ticket | null {
  const { side, notional, beta, scale, sd, feeBps, a, b } = input;
  const sizes = [notional, a.price, b.price, a.step, b.step];
  if (!sizes.every((value) => Number.isFinite(value) && value > 0) || beta === 0 || !Number.isFinite(beta))
    return null;
  const unitsA = toStep(notional / a.price, a.step);
  // On levels one unit of A stands against β units of B; on logs one unit of money against β units of money.
  const wanted = Math.abs(beta) * unitsA * (scale === "log" ? a.price / b.price : 1);
  const unitsB = toStep(wanted, b.step, Math.round);
  const sideB = beta > 0 ? opposite[side] : side;
  const [worthA, worthB] = [unitsA * a.price, unitsB * b.price];
  const gross = worthA + worthB;
  const fees = (2 * gross * feeBps) / 10_000;
  const crossing = sum(crossingOf(a, unitsA), crossingOf(b, unitsB));
  const paid = (leg: LegMarket, legSide: "buy" | "sell", worth: number) =>
    leg.fundingRate === null ? null : signOf[legSide] * worth * leg.fundingRate;
  const cost = crossing === null ? null : fees + crossing;
  // One unit of the spread is one unit of A on levels, and 100 % of A's worth on logs.
  const perSpread = scale === "log" ? worthA : unitsA;
  const spread = cost === null || perSpread === 0 ? null : cost / perSpread;
  const funding = sum(paid(a, side, worthA), paid(b, sideB, worthB));
  const inBps = (total: number | null) => (total === null || gross === 0 ? null : (10_000 * total) / gross);
  return {
    a: { side, units: unitsA, notional: worthA },
    b: { side: sideB, units: unitsB, notional: worthB },
    gross,
    left: signOf[sideB] * (unitsB - wanted) * b.price,
    leftShare: wanted === 0 ? 0 : Math.abs(unitsB - wanted) / wanted,
    fees,
    crossing,
    funding,
    breakEvenBps: inBps(cost),
    fundedBps: inBps(sum(cost, funding)),
    breakEvenSpread: spread,
    breakEvenZ: spread === null || sd === null || sd <= 0 ? null : spread / sd,
  };
}

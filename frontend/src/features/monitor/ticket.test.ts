import { describe, expect, test } from "vitest";
import { type TicketInput, ticketOf, toStep } from "./ticket";

const input: TicketInput = {
  side: "sell",
  notional: 10_000,
  beta: 18,
  scale: "level",
  sd: 10,
  feeBps: 5,
  a: { price: 60_000, step: 0.001, bid: 59_999, ask: 60_001, fundingRate: 0.0001 },
  b: { price: 3000, step: 0.01, bid: 2999.5, ask: 3000.5, fundingRate: -0.0002 },
};

test.each([
  [0.3, 0.1, 0.3],
  [0.29999, 0.1, 0.2],
  [166.6, 1, 166],
  [0.166666, 0.001, 0.166],
  [5, 0.0025, 5],
])("%d in steps of %d is %d", (units, step, expected) => {
  expect(toStep(units, step)).toBe(expected);
});

describe("on levels", () => {
  const ticket = ticketOf(input);

  test("one unit of A stands against β units of B, in whole steps", () => {
    expect(ticket?.a).toEqual({ side: "sell", units: 0.166, notional: 0.166 * 60_000 });
    // 18 · 0.166 = 2.988
    expect(ticket?.b).toEqual({ side: "buy", units: 2.99, notional: 2.99 * 3000 });
    expect(ticket?.left).toBeCloseTo(0.002 * 3000, 9);
  });

  test("costs by hand", () => {
    const gross = 9960 + 8970;
    expect(ticket?.gross).toBeCloseTo(gross, 9);
    expect(ticket?.fees).toBeCloseTo(gross * 0.001, 9);
    expect(ticket?.crossing).toBeCloseTo(2 * 0.166 + 1 * 2.99, 9);
    // Short A receives its positive rate, long B receives its negative one.
    expect(ticket?.funding).toBeCloseTo(-0.996 - 1.794, 9);
    const cost = gross * 0.001 + 3.322;
    expect(ticket?.breakEvenBps).toBeCloseTo((cost / gross) * 1e4, 9);
    expect(ticket?.fundedBps).toBeCloseTo(((cost - 2.79) / gross) * 1e4, 9);
    expect(ticket?.breakEvenSpread).toBeCloseTo(cost / 0.166, 9);
    expect(ticket?.breakEvenZ).toBeCloseTo(cost / 0.166 / 10, 9);
  });
});

test("on logs money stands against money", () => {
  const ticket = ticketOf({ ...input, scale: "log", beta: 0.5, sd: 0.002 });
  // 0.5 · 9960 / 3000 = 1.66
  expect(ticket?.b.units).toBe(1.66);
  expect(ticket?.breakEvenSpread).toBeCloseTo(((9960 + 4980) * 0.001 + 0.332 + 1.66) / 9960, 12);
});

test("what rounding leaves is told as a share of what β asks for", () => {
  expect(ticketOf(input)?.leftShare).toBeCloseTo(0.002 / 2.988, 9);
  // 0.01 · 0.166 = 0.00166 of B, below half of its step.
  expect(ticketOf({ ...input, beta: 0.01 })).toMatchObject({ b: { units: 0 }, leftShare: 1 });
  expect(ticketOf({ ...input, notional: 10 })).toMatchObject({ a: { units: 0 }, leftShare: 0 });
});

test("units are not guessed while a step is unknown", () => {
  expect(ticketOf({ ...input, a: { ...input.a, step: 0 } })).toBeNull();
  expect(ticketOf({ ...input, b: { ...input.b, step: 0 } })).toBeNull();
});

test("a negative β has both legs on one side", () => {
  expect(ticketOf({ ...input, beta: -18 })?.b.side).toBe("sell");
  expect(ticketOf({ ...input, side: "buy" })?.b.side).toBe("sell");
});

test("what is unknown is null, and nonsense is no ticket", () => {
  const ticket = ticketOf({ ...input, b: { ...input.b, bid: null, fundingRate: null } });
  expect(ticket).toMatchObject({
    crossing: null,
    funding: null,
    breakEvenBps: null,
    fundedBps: null,
    breakEvenZ: null,
  });
  expect(ticket?.fees).toBeGreaterThan(0);
  for (const notional of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(ticketOf({ ...input, notional })).toBeNull();
  expect(ticketOf({ ...input, beta: 0 })).toBeNull();
});

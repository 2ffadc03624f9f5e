import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PairAnalytics, SymbolOut } from "@/api/types";
import { live } from "@/stores/link";
import { bar, barList, clientConfig, fundingList, pairData, quoteList, T0 } from "@/testing/builders";
import { TicketDialog } from "./ticket-dialog";
import { barsTopic, pairTopic, parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };

test("what is wrong is said of its own field alone", async () => {
  render(<TicketDialog view={view} known={null} onClose={vi.fn()} />);
  const notional = screen.getByRole("textbox", { name: /notional/ });
  const fee = screen.getByRole("textbox", { name: /Fee/ });
  await userEvent.clear(fee);
  expect(fee).toBeInvalid();
  expect(fee).toHaveAccessibleDescription("The fee is a number of basis points, from 0.");
  expect(notional).toBeValid();
  expect(notional).toHaveAccessibleDescription("");
  await userEvent.type(notional, "x");
  expect(notional).toHaveAccessibleDescription("The notional is a number above 0.");
});

describe("what cannot be traded as asked for is said", () => {
  const listed = (symbol: string, step_size: number): SymbolOut => ({
    ...{ symbol, step_size, tick_size: 0.01, base: symbol.slice(0, 3), quote: "USDT" },
    ...{ status: "TRADING", streaming: true },
  });
  const KNOWN = [listed("BTCUSDT", 0.001), listed("ETHUSDT", 0.01)];
  const head = { type: "snapshot", seq: 1, time: T0 } as const;

  async function show(known: SymbolOut[] | null, pair: Partial<PairAnalytics>): Promise<void> {
    render(<TicketDialog view={view} known={known} onClose={vi.fn()} />);
    await act(async () => {
      for (const [symbol, close] of [["BTCUSDT", 60_000] as const, ["ETHUSDT", 3000] as const])
        live.receive({
          ...{ ...head, kind: "bars", topic: barsTopic(symbol, view.interval) },
          data: barList([bar(0, { close })], { symbol }),
        });
      live.receive({ ...head, kind: "pair", topic: pairTopic(view), data: pairData(pair) });
      await new Promise(requestAnimationFrame);
    });
  }
  const notional = async (text: string) => {
    const field = screen.getByRole("textbox", { name: /notional/ });
    await userEvent.clear(field);
    await userEvent.type(field, text);
  };

  beforeEach(() => live.enterMarket("sim-7"));
  afterEach(() => live.enterMarket("another"));

  test("a notional below one step of leg A", async () => {
    await show(KNOWN, { beta: 18 });
    expect(screen.getByText("0.166")).toBeVisible();
    await notional("10");
    expect(screen.getByText("10.00 is below one step (0.001 BTC = 60.00).")).toBeVisible();
    expect(screen.queryByText(/Sell BTCUSDT/)).toBeNull();
  });

  test("a leg B that rounds to nothing, and much that is left", async () => {
    await show(KNOWN, { beta: 0.5 });
    // 0.5 · 0.006 = 0.003 of B
    await notional("400");
    expect(
      screen.getByText(/Leg A would stand alone: .* half of one step \(0\.01 ETH = 30\.00\)/),
    ).toBeVisible();
    // 0.5 · 0.016 = 0.008 of B is 0.01
    await notional("1000");
    expect(screen.getByText(/25 % of leg B/)).toBeVisible();
    await notional("100000");
    expect(screen.queryByText(/of leg B|stand alone/)).toBeNull();
  });

  test.each([
    [null, "Waiting for the symbols’ step sizes."],
    [[listed("BTCUSDT", 0.001)], "The step size of ETHUSDT is not known."],
  ])("a step that is not known", async (known, says) => {
    await show(known, { beta: 18 });
    expect(screen.getByText(says)).toBeVisible();
    expect(screen.queryByText(/Sell BTCUSDT/)).toBeNull();
  });

  test("quotes, funding rates and prices that are out of date", async () => {
    await show(KNOWN, { beta: 18, stale_reason: "BTCUSDT is not streaming" });
    expect(screen.getByText(/The prices are out of date\. BTCUSDT is not streaming\./)).toBeVisible();
    const quote = { time: T0, bid: 1, bid_size: 1, ask: 2, ask_size: 1 };
    const late = { stale: true, stale_reason: "the connection is down" };
    const feed = async (part: { stale?: boolean; stale_reason?: string }) =>
      await act(async () => {
        for (const [symbol, more] of [["BTCUSDT", part] as const, ["ETHUSDT", {}] as const]) {
          const quotes = quoteList([quote], { symbol, ...more });
          live.receive({ ...head, kind: "quote", topic: `quote:${symbol}`, data: quotes });
          const rate = fundingList(0.0001, { symbol, ...more });
          live.receive({ ...head, kind: "funding", topic: `funding:${symbol}`, data: rate });
        }
        await new Promise(requestAnimationFrame);
      });
    await feed(late);
    expect(screen.getByText(/The quote is out of date\. BTC: the connection is down\./)).toBeVisible();
    expect(screen.getByText(/The rate is out of date\. BTC: the connection is down\./)).toBeVisible();
    await feed({});
    expect(screen.queryByText(/The quote is|The rate is/)).toBeNull();
    expect(screen.getByText("Negative is received.")).toBeVisible();
  });
});

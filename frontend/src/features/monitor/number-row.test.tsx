import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PairAnalytics } from "@/api/types";
import { live } from "@/stores/link";
import { bar, barList, clientConfig, pairData, T0 } from "@/testing/builders";
import { NumberRow } from "./number-row";
import { barsTopic, pairTopic, parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
const props = { view, decimals: { a: 1, b: 2 }, truth: null, dimmed: false };

async function show(data: PairAnalytics, seq = 7): Promise<void> {
  render(<NumberRow {...props} />);
  await act(async () => {
    const head = { type: "snapshot", seq, time: T0 } as const;
    live.receive({ kind: "pair", topic: pairTopic(view), data, ...head });
    const bars = barList([bar(0), bar(1, { close: null, quality: "gap" })]);
    live.receive({ kind: "bars", topic: barsTopic("BTCUSDT", "1m"), data: bars, ...head });
    await new Promise(requestAnimationFrame);
  });
}

function field(name: string): HTMLElement {
  const element = screen.getByTestId("numbers").querySelector<HTMLElement>(`[data-field="${name}"]`);
  if (!element) throw new Error(`no field ${name}`);
  return element;
}

beforeEach(() => live.enterMarket("sim-7"));
afterEach(() => live.enterMarket("another"));

describe("the row of numbers", () => {
  test("shows the formatted numbers of one message, with the raw ones and its seq beside them", async () => {
    await show(pairData(), 42);
    expect(screen.getByTestId("numbers")).toHaveAttribute("data-seq", "42");
    expect(field("beta")).toHaveTextContent("18.1235");
    expect(field("beta")).toHaveAttribute("data-value", "18.123456");
    expect(field("zscore")).toHaveTextContent("+1.25");
    expect(field("half_life.bars")).toHaveTextContent("6.5");
    expect(screen.getAllByText("OLS 60 level")).toHaveLength(5);
  });

  test("a p of every bar is labelled descriptive, and a number that lacks alone says why", async () => {
    const zscore_reason = "there is no sd to measure in";
    await show(pairData({ zscore: null, zscore_reason }));
    expect(screen.getByTestId("test-role")).toHaveTextContent("descriptive");
    expect(screen.getByTestId("test-role").title).toMatch(/every bar/);
    expect(field("zscore")).toHaveTextContent(zscore_reason);
  });

  test("a half-life without an upper bound says so", async () => {
    await show(pairData());
    expect(screen.getByText(/4 to ∞/)).toBeVisible();
  });

  test("the last price is the newest that is known", async () => {
    await show(pairData());
    expect(field("last_a")).toHaveTextContent("100.0");
  });

  test("what cannot be computed is a dash that says why, to the eye and to a screen reader", async () => {
    const reason = "42 of 61 bars";
    const none = { beta: null, zscore: null, spread: null, correlation: null };
    await show(
      pairData({ ...none, status: "too_short", reason, signal: "none", signal_reason: reason, have: 42 }),
    );
    for (const name of ["beta", "zscore", "spread", "correlation"]) {
      expect(field(name)).toHaveAttribute("data-value", "null");
      expect(field(name)).toHaveTextContent(/^–not available: 42 of 61 bars$/);
      expect(field(name)).not.toHaveTextContent(/NaN|^0/);
    }
    expect(screen.getByTestId("signal")).toHaveTextContent(reason);
    expect(screen.getByText("42 of 61")).toBeVisible();
  });

  test("before the first message there are dashes and no seq", () => {
    render(<NumberRow {...props} />);
    expect(screen.getByTestId("numbers")).not.toHaveAttribute("data-seq");
    expect(screen.getAllByText("–")).toHaveLength(9);
  });
});

import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import { live } from "@/stores/link";
import { clientConfig, MINUTE, pairData, T0 } from "@/testing/builders";
import { RefitBanner } from "./refit-banner";
import { pairTopic, parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };

async function hear(beta: number[], seq: number): Promise<void> {
  const time = beta.map((_, index) => T0 + index * MINUTE);
  const data = pairData({ beta_se: 0.25, series: { ...pairData().series, time, beta } });
  await act(async () => {
    live.receive({ kind: "pair", topic: pairTopic(view), type: "snapshot", seq, time: T0, data });
    await new Promise(requestAnimationFrame);
  });
}

beforeEach(() => live.enterMarket("sim-7"));
afterEach(() => live.enterMarket("another"));

test("a jump of β is said until it is dismissed, and the next one again", async () => {
  render(<RefitBanner view={view} />);
  await hear([18, 18, 18.1], 1);
  expect(screen.getByTestId("refit")).toBeEmptyDOMElement();
  await hear([18, 18, 18.1, 19], 2);
  expect(screen.getByTestId("refit")).toHaveTextContent(
    "The last re-fit moved β by 3.6 standard errors: 18.100 to 19.000",
  );
  await userEvent.click(screen.getByRole("button", { name: "Dismiss the message about the re-fit" }));
  expect(screen.getByTestId("refit")).toBeEmptyDOMElement();
  await hear([18, 18, 18.1, 19, 18], 3);
  expect(screen.getByTestId("refit")).toHaveTextContent("4.0 standard errors");
});

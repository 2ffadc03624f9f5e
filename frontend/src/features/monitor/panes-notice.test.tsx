import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { PermitContext } from "@/components/ui/permit";
import { live } from "@/stores/link";
import { bar, barList, clientConfig, pairData, T0 } from "@/testing/builders";
import { PanesNotice } from "./panes-notice";
import { barsTopic, pairTopic, parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
const head = { type: "snapshot", seq: 1, time: T0 } as const;
const [ofA, ofB] = [barsTopic(view.a, view.interval), barsTopic(view.b, view.interval)];

beforeEach(() => () => {
  for (const topic of [ofA, ofB, pairTopic(view)]) live.drop(topic);
});

/** A has bars, B none: what the server says of a pair of which one leg was never started. */
function halfAPair() {
  live.receive({ ...head, kind: "bars", topic: ofA, data: barList([bar(0), bar(1)]) });
  live.receive({ ...head, kind: "bars", topic: ofB, data: barList([], { symbol: "ETHUSDT" }) });
  const data = pairData({ status: "too_short", reason: "warming up", have: 0, need: 61 });
  live.receive({ ...head, kind: "pair", topic: pairTopic(view), data });
}

test("legs are called stopped only once the server has said what streams", () => {
  const props = { view, streaming: [], opening: false, onStart: vi.fn() };
  const { rerender } = render(<PanesNotice {...props} known={false} />);
  expect(screen.queryByText(/not streaming/)).toBeNull();
  expect(screen.getByText("Waiting for the first bars")).toBeInTheDocument();
  rerender(<PanesNotice {...props} known />);
  expect(screen.getByText(/BTCUSDT and ETHUSDT are not streaming/)).toBeVisible();
});

test("a second leg that was never started is offered to be", async () => {
  halfAPair();
  const onStart = vi.fn();
  render(<PanesNotice view={view} streaming={["BTCUSDT"]} known opening={false} onStart={onStart} />);
  expect(screen.queryByText(/Warming up/)).toBeNull();
  expect(screen.getByText(/ETHUSDT is not streaming/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Start ETHUSDT" }));
  expect(onStart).toHaveBeenCalledExactlyOnceWith(["ETHUSDT"]);
});

test("while both legs stream, one that has no bars yet leaves the other's in view", () => {
  halfAPair();
  render(<PanesNotice view={view} streaming={[view.a, view.b]} known opening={false} onStart={vi.fn()} />);
  expect(screen.getByText("Warming up: 0 of 61 bars")).toBeVisible();
});

test("who only may look cannot start", () => {
  render(
    <PermitContext value={() => "An operator may."}>
      <PanesNotice view={view} streaming={[]} known opening={false} onStart={vi.fn()} />
    </PermitContext>,
  );
  expect(screen.getByRole("button", { name: "Start both" })).toBeDisabled();
});

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PairScan } from "@/api/types";
import { live } from "@/stores/link";
import { clientConfig, T0 } from "@/testing/builders";
import { pairScan, scannedPair } from "@/testing/lab-builders";
import { MatrixPanel, PairsPanel } from "./pairs-panel";
import { parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "AAAUSDT", b: "BBBUSDT" };
const ROWS = [
  scannedPair("DDDUSDT", "EEEUSDT", { p_value: null, zscore: null, half_life: null, status: "stale" }),
  scannedPair("AAABUSDT", "EEEUSDT", { p_value: 0.02, zscore: 0.5, half_life: 30 }),
  scannedPair("AAAUSDT", "EEEUSDT", { p_value: 0.3, zscore: -3, half_life: null }),
  scannedPair("AAAUSDT", "BBBUSDT", { p_value: 0.001, zscore: 2, half_life: 4 }),
];
const [ab, ae, abe, de] = ["AAA/BBB", "AAA/EEE", "AAAB/EEE", "DDD/EEE"];
const names = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);
const headOf = (name: string) => screen.getByRole("columnheader", { name });
const sortBy = (name: string) => userEvent.click(within(headOf(name)).getByRole("button"));

async function tell(scan: PairScan): Promise<void> {
  await act(async () => {
    live.receive({
      kind: "matrix",
      type: "snapshot",
      topic: "matrix:1m:60",
      seq: scan.seq ?? 0,
      time: T0,
      data: scan,
    });
    await new Promise(requestAnimationFrame);
  });
}

function show(Panel: typeof PairsPanel, shown = view) {
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <Panel view={shown} decimals={{ a: 2, b: 2 }} truth={null} />
    </QueryClientProvider>,
  );
}

beforeEach(async () => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  live.enterMarket("sim-7");
  show(PairsPanel);
  await tell(pairScan(ROWS, { window: 60 }));
});
afterEach(() => {
  live.enterMarket("another");
  vi.unstubAllGlobals();
});

// What each column says in order, worked out by hand; equal ones by name, absent ones last.
test.each([
  ["Pair", "ascending", [ab, ae, abe, de], [de, abe, ae, ab]],
  ["z", "ascending", [ae, abe, ab, de], [ab, abe, ae, de]],
  ["HL", "ascending", [ab, abe, ae, de], [abe, ab, ae, de]],
  // By the size of z, the largest first.
  ["60 bars", "descending", [ae, ab, abe, de], [abe, ab, ae, de]],
])("sorts by %s, at first %s, then the other way", async (head, first, once, twice) => {
  await sortBy(head);
  expect(headOf(head)).toHaveAttribute("aria-sort", first);
  expect(names()).toEqual(once);
  await sortBy(head);
  expect(headOf(head)).not.toHaveAttribute("aria-sort", first);
  expect(names()).toEqual(twice);
});

test("begins with the least p, and keeps its order while numbers change, until sorted again", async () => {
  expect(headOf("p")).toHaveAttribute("aria-sort", "ascending");
  expect(names()).toEqual([ab, abe, ae, de]);
  const turned = ROWS.map((row) => ({ ...row, p_value: row.p_value === null ? null : 1 - row.p_value }));
  await tell(pairScan(turned, { window: 60, seq: 4 }));
  expect(names()).toEqual([ab, abe, ae, de]);
  await sortBy("p");
  expect(names()).toEqual([ab, abe, ae, de]);
  await sortBy("p");
  expect(names()).toEqual([ae, abe, ab, de]);
});

test.each([PairsPanel, MatrixPanel])(
  "how all pairs are tested is said, whatever the view's own fit",
  (Panel) => {
    cleanup();
    show(Panel, { ...view, method: "kalman", scale: "level", window: 20 });
    // Before there is anything to show, too: nothing moves when it comes.
    expect(screen.getByText("OLS, log prices, 30 bars of 1m")).toBeVisible();
    cleanup();
    show(Panel);
    expect(screen.getByText("OLS, log prices, 60 bars of 1m")).toBeVisible();
  },
);

test.each([
  ["z", /σ/],
  ["p", /Engle-Granger/],
  ["HL", /bars/],
])("what %s means is in its head's title", (head, means) => {
  expect(within(headOf(head)).getByRole("button")).toHaveAttribute("title", expect.stringMatching(means));
});

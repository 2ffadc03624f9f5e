import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, test, vi } from "vitest";
import type { PairScan } from "@/api/types";
import { PairMatrix } from "@/components/pair-matrix";
import { matrixCell } from "@/components/scan-measure";
import { clientConfig } from "@/testing/builders";
import { pairScan, scannedPair } from "@/testing/lab-builders";
import { passes, scanCsv } from "./scan-rows";
import { NO_FILTERS, parseScan, scanAddress } from "./scan-state";
import { ScanSummary } from "./scan-summary";
import { ScanTable } from "./scan-table";

const config = clientConfig();
const ITEMS = [
  scannedPair("AAAUSDT", "BBBUSDT", { p_value: 0.01, zscore: -2.5, holdout: "survived" }),
  scannedPair("AAAUSDT", "CCCUSDT", {
    p_value: 0.3,
    half_life: null,
    reasons: { half_life: "does not return" },
  }),
  scannedPair("BBBUSDT", "CCCUSDT", {
    p_value: null,
    zscore: null,
    status: "stale",
    reason: "a leg hardly moves",
  }),
];

describe("the address of a scan", () => {
  test("holds all of the view, and restores it", () => {
    const address =
      "/scan?tf=5m&w=300&s=level&sym=AAAUSDT,BBBUSDT&cal=1&p=0.05&q=0.1&hl=2&hl2=200&r=0.5&ho=survived&st=tested&sort=-zscore&by=correlation";
    expect(scanAddress(parseScan(address.slice(5), config))).toBe(address);
  });
  test("what is wrong in it is the default", () => {
    const view = parseScan("?tf=9m&w=3&p=-1&q=x&ho=maybe&st=?&sort=;&by=size", config);
    expect(view).toEqual({ ...parseScan("", config) });
    expect(view.filters).toEqual(NO_FILTERS);
  });
});

test.each([
  [{ p: 0.05 }, 1],
  [{ halfLifeFrom: 5, halfLifeTo: 20 }, 2],
  [{ halfLifeTo: 5 }, 0],
  [{ correlation: 0.4 }, 3],
  [{ correlation: 0.5 }, 0],
  [{ holdout: "survived" as const }, 1],
  [{ status: "untested" as const }, 1],
  [{ status: "tested" as const }, 2],
])("%j leaves %i pairs", (part, count) => {
  expect(ITEMS.filter((row) => passes(row, { ...NO_FILTERS, ...part })).length).toBe(count);
});

test("a file has the server's digits and empty fields for what lacks", () => {
  const [head, , second, third] = scanCsv(ITEMS).split("\n");
  expect(head?.startsWith("symbol_a,symbol_b,alpha,beta,statistic")).toBe(true);
  expect(second).toContain("AAAUSDT,CCCUSDT,1,0.5,-3");
  expect(third).toContain(",stale,a leg hardly moves");
});

const names = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);

function table(scan: PairScan, search = "") {
  const view = parseScan(search, config);
  return <ScanTable scan={scan} view={view} onSort={vi.fn()} onOpen={vi.fn()} />;
}

function Sortable({ scan }: { scan: PairScan }) {
  const [view, setView] = useState(parseScan("", config));
  return (
    <ScanTable
      scan={scan}
      view={view}
      onSort={(sort) => setView((old) => ({ ...old, sort }))}
      onOpen={vi.fn()}
    />
  );
}

describe("the table", () => {
  test("sorts by the address, absent numbers last, with their reason", () => {
    const { rerender } = render(table(pairScan(ITEMS)));
    expect(names()).toEqual(["AAA / BBB", "AAA / CCC", "BBB / CCC"]);
    expect(screen.getByRole("columnheader", { name: "p" })).toHaveAttribute("aria-sort", "ascending");
    rerender(table(pairScan(ITEMS), "?sort=-p_value"));
    expect(names()).toEqual(["AAA / CCC", "AAA / BBB", "BBB / CCC"]);
    const last = screen.getByText("BBB / CCC").closest("tr");
    expect(last).toHaveTextContent(/not available: a leg hardly moves/);
  });

  // Of each column what it says in ascending order, worked out by hand; equal ones by symbol, absent ones last.
  const MIXED = [
    scannedPair("DDDUSDT", "EEEUSDT", {
      ...{ p_value: null, q_value: null, beta: null, zscore: null, half_life: null, correlation: null },
      ...{ status: "stale", holdout: "not_tried", reason: "a leg hardly moves" },
    }),
    scannedPair("AAABUSDT", "EEEUSDT", {
      ...{ p_value: 0.02, q_value: 0.2, beta: 10, zscore: 0.5, half_life: 30, correlation: -0.9 },
      ...{ status: "near_perfect", holdout: "failed" },
    }),
    scannedPair("AAAUSDT", "EEEUSDT", {
      ...{ p_value: 0.3, q_value: 0.2, beta: -2, zscore: -3, half_life: null, correlation: 0.1 },
      ...{ status: "ok", holdout: "screened_out" },
    }),
    scannedPair("AAAUSDT", "BBBUSDT", {
      ...{ p_value: 0.001, q_value: 0.01, beta: 9, zscore: 2, half_life: 4, correlation: 0.8 },
      ...{ status: "ok", holdout: "survived" },
    }),
  ];
  const [ab, ae, abe, de] = ["AAA / BBB", "AAA / EEE", "AAAB / EEE", "DDD / EEE"];
  test.each([
    ["Pair", [ab, ae, abe, de], [de, abe, ae, ab]],
    ["p", [ab, abe, ae, de], [ae, abe, ab, de]],
    ["q", [ab, abe, ae, de], [abe, ae, ab, de]],
    ["By chance", [ab, abe, ae, de], [ae, abe, ab, de]],
    ["β", [ae, ab, abe, de], [abe, ab, ae, de]],
    ["z", [ae, abe, ab, de], [ab, abe, ae, de]],
    ["Half-life", [ab, abe, ae, de], [abe, ab, ae, de]],
    ["Corr", [abe, ae, ab, de], [ab, ae, abe, de]],
    ["Hold-out", [ab, abe, ae, de], [de, ae, abe, ab]],
    ["Status", [abe, ab, ae, de], [de, ab, ae, abe]],
  ])("sorts by %s in both directions", async (head, ascending, descending) => {
    render(<Sortable scan={pairScan(MIXED)} />);
    const cell = () => screen.getByRole("columnheader", { name: head });
    // p is what it begins with.
    if (head === "p") await userEvent.click(screen.getByRole("button", { name: "β" }));
    for (const [direction, order] of [
      ["ascending", ascending],
      ["descending", descending],
    ] as const) {
      await userEvent.click(within(cell()).getByRole("button"));
      expect(cell()).toHaveAttribute("aria-sort", direction);
      expect(names()).toEqual(order);
    }
  });

  test("has the calibrated p where the scan has it, and only there", () => {
    const { rerender } = render(table(pairScan(ITEMS)));
    expect(screen.queryByRole("columnheader", { name: "Calibrated p" })).toBeNull();
    const items = ITEMS.map((row) =>
      row.p_value === null ? row : { ...row, p_calibrated: 2 * row.p_value },
    );
    rerender(table(pairScan(items, { calibrated: true })));
    expect(screen.getByRole("columnheader", { name: "Calibrated p" })).toBeVisible();
    const first = screen.getByText("AAA / BBB").closest("tr");
    expect(first?.querySelector("[data-field=p_calibrated] [data-value]")).toHaveTextContent("0.020");
  });

  test("keeps its order while numbers change, until sorted again", async () => {
    const moved = ITEMS.map((row, index) => ({ ...row, p_value: [0.9, 0.02, 0.5][index] ?? null }));
    const { rerender } = render(table(pairScan(ITEMS)));
    const first = screen.getByRole("link", { name: "AAA / BBB" });
    first.focus();
    rerender(table(pairScan(moved, { seq: 4 })));
    expect(names()).toEqual(["AAA / BBB", "AAA / CCC", "BBB / CCC"]);
    expect(first).toHaveFocus();
    await userEvent.click(screen.getByRole("button", { name: "Sort again" }));
    expect(names()).toEqual(["AAA / CCC", "BBB / CCC", "AAA / BBB"]);
    expect(screen.getByRole("button", { name: "In order" })).toHaveFocus();
  });

  test("gives the focus to the next row when the focused one leaves", () => {
    const { rerender } = render(table(pairScan(ITEMS)));
    screen.getByRole("link", { name: "AAA / CCC" }).focus();
    rerender(table(pairScan(ITEMS.filter((_, index) => index !== 1))));
    expect(screen.getByRole("link", { name: "BBB / CCC" })).toHaveFocus();
  });

  test("has one row in the tab order, and arrow keys move on", async () => {
    const items = Array.from({ length: 200 }, (_, k) =>
      scannedPair("AAAUSDT", `S${String(k).padStart(3, "0")}USDT`, { p_value: k / 200 }),
    );
    render(table(pairScan(items)));
    // By role it would take seconds to look through so many.
    const links = () => [...document.querySelectorAll<HTMLElement>("tbody a")];
    expect(links().length).toBeLessThan(80);
    expect(links().filter((link) => link.tabIndex === 0)).toHaveLength(1);
    links()[0]?.focus();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    expect(document.activeElement).toHaveTextContent("AAA / S002");
    await userEvent.keyboard("{End}");
    expect(document.activeElement).toHaveTextContent("AAA / S199");
    await userEvent.keyboard("{ArrowDown}{PageUp}");
    expect(document.activeElement).toHaveTextContent("AAA / S184");
  });
});

test("the summary says how many finds luck alone makes", () => {
  render(<ScanSummary scan={pairScan(ITEMS, { pairs_tested: 190, expected_false: 9.5, found: 12 })} />);
  expect(screen.getByTestId("summary")).toHaveTextContent(
    "190 pairs tested on 1440 bars: 12 under 5 %, where luck alone makes 9.5; 1 survived the hold-out.",
  );
});

describe("the matrix", () => {
  test("opens a pair by click and Enter, and moves by arrow keys", async () => {
    const onOpen = vi.fn();
    const symbols = ["AAAUSDT", "BBBUSDT", "CCCUSDT"];
    const cellOf = (a: string, b: string) =>
      matrixCell(
        "p_value",
        ITEMS.find((row) => row.symbol_a === b && row.symbol_b === a),
      );
    render(<PairMatrix label="All pairs" symbols={symbols} cellOf={cellOf} onOpen={onOpen} />);
    await userEvent.click(screen.getByRole("button", { name: "AAA and CCC: p 0.300" }));
    expect(onOpen).toHaveBeenLastCalledWith("AAAUSDT", "CCCUSDT");
    await userEvent.keyboard("{ArrowRight}{Enter}");
    expect(onOpen).toHaveBeenLastCalledWith("BBBUSDT", "CCCUSDT");
    await userEvent.keyboard("{ArrowUp}{Enter}");
    expect(onOpen).toHaveBeenLastCalledWith("AAAUSDT", "BBBUSDT");
    expect(screen.getByRole("button", { name: "BBB and CCC: no number" })).toBeVisible();
  });

  test.each([
    ["p_value", 0.0002, "<.001", 1],
    ["p_value", 0.03, ".030", 0.5],
    ["q_value", 0.5, "0.5", 0],
    ["correlation", -0.9, "−0.90", 0.9],
    ["zscore", 6, "+6.0", 1],
  ] as const)("%s of %d is %s", (measure, value, text, strength) => {
    const row = { p_value: null, q_value: null, correlation: null, zscore: null, [measure]: value };
    expect(matrixCell(measure, row)).toMatchObject({ text, strength });
  });
});

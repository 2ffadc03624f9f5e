import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { clientConfig } from "@/testing/builders";
import { PaneHead } from "./pane-head";
import { parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
const rest = {
  pane: "price" as const,
  overlays: { averages: [], volume: true },
  decimals: { a: 2, b: 2 },
  narrow: true,
  onOpen: vi.fn(),
};

test("on a phone two legs are named, and of lines that are compared each", () => {
  const { rerender } = render(<PaneHead {...rest} view={view} />);
  expect(screen.getByText("BTCUSDT")).toBeInTheDocument();
  expect(screen.queryByText("Vol")).toBeNull();
  rerender(<PaneHead {...rest} view={{ ...view, compare: ["SOLUSDT", "XRPUSDT"] }} />);
  for (const name of ["BTC", "ETH", "SOL", "XRP"]) expect(screen.getByText(name)).toBeInTheDocument();
});

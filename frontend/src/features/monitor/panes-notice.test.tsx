import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { clientConfig } from "@/testing/builders";
import { PanesNotice } from "./panes-notice";
import { parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };

test("legs are called stopped only once the server has said what streams", () => {
  const props = { view, streaming: [], opening: false, onStart: vi.fn() };
  const { rerender } = render(<PanesNotice {...props} known={false} />);
  expect(screen.queryByText(/not streaming/)).toBeNull();
  expect(screen.getByText("Waiting for the first bars")).toBeInTheDocument();
  rerender(<PanesNotice {...props} known />);
  expect(screen.getByText(/BTCUSDT and ETHUSDT are not streaming/)).toBeVisible();
});

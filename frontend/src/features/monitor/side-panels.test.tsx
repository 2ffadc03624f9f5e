import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { saveFile } from "@/components/save-file";
import { live } from "@/stores/link";
import { clientConfig, pairData, T0 } from "@/testing/builders";
import { SidePanels } from "./side-panels";
import { pairTopic, parseView } from "./view-state";

// jsdom has no downloads: what would be saved is what is looked at. Nor has it a place to draw.
vi.mock("@/components/save-file", () => ({ saveFile: vi.fn() }));
vi.mock("@/charts/plotly/plotly-chart", () => ({ PlotlyChart: () => null }));

const first = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
const second = { ...first, b: "SOLUSDT" };
const tell = (view: typeof first, beta: number) => {
  const { series } = pairData();
  const data = pairData({ symbol_b: view.b, beta, series: { ...series, beta: series.beta.map(() => beta) } });
  live.receive({ kind: "pair", type: "snapshot", topic: pairTopic(view), seq: 1, time: T0, data });
};

test.each([false, true])("a file has the numbers of the pair in its name (narrow: %s)", async (narrow) => {
  vi.stubGlobal("matchMedia", () => ({
    matches: !narrow,
    addEventListener: () => {},
    removeEventListener: () => {},
  }));
  tell(first, 1.25);
  tell(second, 7.75);
  vi.mocked(saveFile).mockClear();
  const props = { decimals: { a: 2, b: 2 }, truth: null, dimmed: false };
  const { rerender } = render(<SidePanels {...props} view={first} />);
  if (narrow) await userEvent.click(screen.getByRole("tab", { name: "Hedge" }));
  const csv = await screen.findByRole("button", { name: /^CSV of Hedge/ });
  expect(csv).toBeVisible();
  rerender(<SidePanels {...props} view={second} />);
  act(() => screen.getByRole("button", { name: /^CSV of Hedge/ }).click());
  const [name, text] = vi.mocked(saveFile).mock.calls[0] ?? [];
  expect(name).toMatch(/^BTCUSDT-SOLUSDT-/);
  expect(text).toContain("7.75");
  expect(text).not.toContain("1.25");
});

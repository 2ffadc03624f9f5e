import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { useLink } from "@/stores/link";
import { clientConfig } from "@/testing/builders";
import { ScanBody } from "./scan-body";
import { parseScan } from "./scan-state";
import { useScan } from "./use-scan";

const view = parseScan("?tf=1m&w=60&s=log", clientConfig());
const problem = { status: 409, code: "problem", detail: "no such source", request_id: "abc123" };
const asked = vi.fn(async () => Response.json(problem, { status: 409 }));

function Body({ streaming }: { streaming: readonly string[] }) {
  return (
    <ScanBody
      dimmed={false}
      view={view}
      scan={useScan(view, "sim-7")}
      streaming={streaming}
      known
      change={vi.fn()}
    />
  );
}

function show(streaming: readonly string[]): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Body streaming={streaming} />
    </QueryClientProvider>,
  );
}

const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));

beforeEach(() => {
  asked.mockClear();
  vi.stubGlobal("fetch", asked);
  vi.stubGlobal("matchMedia", () => ({
    matches: true,
    addEventListener: () => {},
    removeEventListener: () => {},
  }));
});
afterEach(() => vi.unstubAllGlobals());

describe("a start that was refused", () => {
  beforeEach(async () => {
    show([]);
    await press("Start the default symbols");
    await screen.findByText(/no such source/);
  });

  test("is sent again by Retry", async () => {
    await press("Retry");
    await screen.findByText(/no such source/);
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test("is left at that by Dismiss", async () => {
    await press("Dismiss");
    expect(screen.queryByText(/no such source/)).toBeNull();
    expect(asked).toHaveBeenCalledOnce();
  });
});

test("a scan that the server would not push is asked for again by Retry", async () => {
  show(["BTCUSDT", "ETHUSDT"]);
  act(() => useLink.setState({ refused: { "matrix:1m:60": "too many topics" } }));
  expect(screen.getByText("too many topics")).toBeVisible();
  await press("Retry");
  expect(useLink.getState().refused).toEqual({});
  expect(screen.queryByText("too many topics")).toBeNull();
});

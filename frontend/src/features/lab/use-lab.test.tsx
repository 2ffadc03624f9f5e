import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { pairLab } from "@/testing/lab-builders";
import type { ChosenPair } from "./lab-state";
import { useLab } from "./use-lab";

const VIEW: ChosenPair = {
  a: "BTCUSDT",
  b: "ETHUSDT",
  interval: "1m",
  window: 60,
  method: "ols",
  scale: "level",
};

/** The lab of a view, answered. */
async function answered() {
  vi.stubGlobal("fetch", async () => Response.json(pairLab()));
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const hook = renderHook((view: ChosenPair) => useLab("binance", view, false), {
    wrapper,
    initialProps: VIEW,
  });
  await waitFor(() => expect(hook.result.current.data).not.toBeNull());
  return hook;
}

/** The lab of a view, answered, and then of another one that nobody answers. */
async function asked(part: Partial<ChosenPair>) {
  const hook = await answered();
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  hook.rerender({ ...VIEW, ...part });
  return hook.result.current;
}

test.each<Partial<ChosenPair>>([
  { a: "SOLUSDT" },
  { b: "SOLUSDT" },
  { interval: "5m" },
  { window: 120 },
  { method: "tls" },
  { scale: "log" },
])("with %o the numbers of before are gone until its own come", async (part) => {
  expect((await asked(part)).data).toBeNull();
});

test("lines by every method stay while another one of them is chosen, and only then", async () => {
  expect((await asked({ method: "tls" })).fits).toEqual(pairLab().fits);
  expect((await asked({ window: 120 })).fits).toBeNull();
});

test.each([
  ["is away", () => Promise.reject(new TypeError("Failed to fetch"))],
  ["breaks", async () => new Response("<h1>Bad Gateway</h1>", { status: 502 })],
])("while the server %s, what was there stays, with the reason beside it", async (_how, answer) => {
  const { result } = await answered();
  vi.stubGlobal("fetch", answer);
  result.current.refresh();
  await waitFor(() => expect(result.current.error).not.toBeNull());
  expect(result.current.data).not.toBeNull();
});

test("numbers that the server refuses to stand by are gone", async () => {
  const { result } = await answered();
  const problem = {
    title: "Conflict",
    status: 409,
    code: "not_enough_data",
    detail: "too few",
    have: 3,
    need: 60,
  };
  vi.stubGlobal("fetch", async () => Response.json(problem, { status: 409 }));
  result.current.refresh();
  await waitFor(() => expect(result.current.data).toBeNull());
});

import { focusManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { SystemStatus } from "@/api/types";
import { saveFile } from "@/components/save-file";
import { live, useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { streamStatus, systemStatus, T0 } from "@/testing/builders";
import { reportOf } from "./report";
import { SystemPage } from "./system-page";

// jsdom has no downloads: what would be saved is what is looked at.
vi.mock("@/components/save-file", () => ({ saveFile: vi.fn() }));

const at = (path: string) => new URL(path, window.location.origin).toString();
const answers = (part: Partial<SystemStatus> = {}) => HttpResponse.json(systemStatus(part));
const problem = () =>
  HttpResponse.json(
    { status: 503, code: "unavailable", detail: "the source was changed", request_id: "abc123" },
    { status: 503 },
  );
const server = setupServer(
  http.get(at("/system/status"), () => answers()),
  http.get(at("/data/:symbol/gaps"), ({ params }) =>
    HttpResponse.json({ market: "sim-7", as_of: T0, symbol: params.symbol, items: [], next: null }),
  ),
);

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => {
  server.resetHandlers();
  vi.mocked(saveFile).mockClear();
  act(() => useLink.setState({ state: { phase: "connecting" } }));
});
afterAll(() => server.close());

beforeEach(() => {
  localStorage.clear();
  usePreferences.setState(usePreferences.getInitialState(), true);
  window.history.replaceState(null, "", "/system");
  tell();
});

function tell(part: Parameters<typeof streamStatus>[0] = {}) {
  const data = streamStatus(part);
  live.receive({ kind: "status", type: "snapshot", topic: "status", seq: 1, time: T0, data });
}

function show() {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } },
  });
  render(
    <QueryClientProvider client={client}>
      <SystemPage tools={null} />
    </QueryClientProvider>,
  );
  return client;
}

const panel = (name: string) => screen.getByRole("region", { name });
const fieldOf = (name: string) => document.querySelector(`[data-field=${name}]`);

describe("the numbers", () => {
  test("memory, buffers and disk are the server's", async () => {
    show();
    expect(await screen.findByText("347.5 MB")).toBeVisible();
    const shown = {
      peak_memory_bytes: "352.0 MB",
      buffer_ticks: "14,210",
      tick_capacity: "20,000",
      tick_bytes: "682.1 kB",
      buffer_bars: "3,870",
      bar_bytes: "340.6 kB",
      used_bytes: "6.3 MB",
      free_bytes: "41.9 GB",
      loop_p99_ms: "6.2 ms",
      cpu_s: "21.5 s",
      open_files: "33",
    };
    for (const [name, text] of Object.entries(shown)) expect(fieldOf(name)).toHaveTextContent(text);
  });

  test("what the system does not tell is a dash", async () => {
    const { process } = systemStatus();
    const none = { memory_bytes: null, peak_memory_bytes: null, open_files: null, most_open_files: null };
    server.use(http.get(at("/system/status"), () => answers({ process: { ...process, ...none } })));
    show();
    await screen.findByText("14,210");
    for (const name of Object.keys(none)) expect(fieldOf(name)).toHaveTextContent("–");
  });

  test("latency is of all symbols, or of the chosen one", async () => {
    show();
    expect(await screen.findByRole("img", { name: /^Of 400 trades half came within 9\.5 ms/ })).toBeVisible();
    await userEvent.selectOptions(screen.getByLabelText("Latency of"), "ETHUSDT");
    expect(screen.getByRole("img", { name: /^Of 100 trades half came within 4\.0 ms/ })).toBeVisible();
    expect(fieldOf("p99_ms")).toHaveTextContent("9.9 ms");
    const bars = [...document.querySelectorAll("[data-bucket]")];
    expect(bars.map((bar) => bar.getAttribute("data-trades"))).toEqual(["1", "99", "0", "0"]);
    expect(bars[1]).toHaveAttribute("title", "1 to 10 ms: 99 trades, 99.0 %");
  });

  test("its file is that of what is shown", async () => {
    show();
    await userEvent.selectOptions(await screen.findByLabelText("Latency of"), "ETHUSDT");
    await userEvent.click(screen.getByRole("button", { name: "CSV of Feed latency" }));
    const [name, content] = vi.mocked(saveFile).mock.calls[0] ?? [];
    expect(name).toBe("feed-latency-sim-7-ETHUSDT.csv");
    expect(content).toContain("\n10,99,0.99,1\n");
  });

  test("a market without latency says why", async () => {
    const { latency } = systemStatus();
    const reason = "no stream has brought a trade in the last 5 minutes";
    const none = { ...latency, status: "no_trades" as const, reason, symbols: [] };
    server.use(http.get(at("/system/status"), () => answers({ latency: none })));
    show();
    expect(await screen.findByText(`No latency: ${reason}.`)).toBeVisible();
    expect(screen.queryByRole("button", { name: /Feed latency/ })).toBeNull();
  });
});

describe("versions", () => {
  test("they are listed, and copied with what a report needs", async () => {
    const user = userEvent.setup();
    show();
    const list = await screen.findByRole("region", { name: "List of versions" });
    expect(within(list).getByText("2.4.0")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Copy" }));
    expect(await screen.findByRole("button", { name: "Copied" })).toBeVisible();
    expect(await navigator.clipboard.readText()).toBe(reportOf(systemStatus(), navigator.userAgent));
  });

  test("a browser that refuses is told of", async () => {
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("", "NotAllowedError"));
    show();
    await user.click(await screen.findByRole("button", { name: "Copy" }));
    expect(await screen.findByRole("button", { name: "Not copied" })).toBeVisible();
  });
});

describe("when there is nothing to show", () => {
  const NAMES = ["Feed latency", "Memory and buffers", "Versions"];

  test("panels wait", async () => {
    server.use(http.get(at("/system/status"), () => new Promise<never>(() => {})));
    show();
    for (const name of NAMES) expect(await screen.findByText(`Waiting for: ${name}`)).toBeVisible();
  });

  test("one sentence says what failed, and Retry asks again", async () => {
    server.use(http.get(at("/system/status"), problem, { once: true }));
    show();
    expect(await screen.findByRole("alert")).toHaveTextContent("the source was changed Request abc123");
    for (const name of NAMES) expect(panel(name)).toHaveTextContent("Not known: see above.");
    await userEvent.click(screen.getByRole("button", { name: "Retry" }));
    expect(await screen.findByText("347.5 MB")).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("another market's answer is not shown", async () => {
    server.use(http.get(at("/system/status"), () => answers({ market: "sim-8" })));
    const client = show();
    await vi.waitFor(() => expect(client.getQueryState(["system", "sim-7"])?.status).toBe("success"));
    for (const name of NAMES) expect(screen.getByText(`Waiting for: ${name}`)).toBeVisible();
    expect(screen.queryByText("347.5 MB")).toBeNull();
  });

  test("what came before a failure stays, and says that it is old", async () => {
    const client = show();
    await screen.findByText("347.5 MB");
    server.use(http.get(at("/system/status"), problem));
    await act(() => client.refetchQueries());
    expect(await screen.findByRole("alert")).toHaveTextContent("the source was changed");
    expect(screen.getByText("347.5 MB")).toBeVisible();
    for (const name of NAMES)
      expect(within(panel(name)).getByTestId("stale")).toHaveTextContent(/stale \d\d:\d\d:\d\d UTC$/);
  });

  test("while the server is away the page says so once", async () => {
    const client = show();
    await screen.findByText("347.5 MB");
    server.use(http.get(at("/system/status"), () => HttpResponse.error()));
    act(() => useLink.setState({ state: { phase: "offline", retryAt: T0 } }));
    await act(() => client.refetchQueries());
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByText(/The server does not answer. What you see is the last that came/)).toBeVisible();
    expect(screen.getAllByTestId("stale")).toHaveLength(NAMES.length);
  });
});

test("a frozen line makes what is shown old", async () => {
  show();
  await screen.findByText("347.5 MB");
  act(() => useLink.setState({ state: { phase: "stale", lastMessageAt: T0 } }));
  expect(screen.getAllByTestId("stale")).toHaveLength(3);
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a page that nobody sees does not ask", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    let asked = 0;
    server.use(
      http.get(at("/system/status"), () => {
        asked += 1;
        return answers({ buffers: { ...systemStatus().buffers, ticks: asked } });
      }),
    );
    show();
    const ticks = (count: number) =>
      vi.waitFor(() => expect(fieldOf("buffer_ticks")).toHaveTextContent(String(count)));
    await ticks(1);
    act(() => vi.advanceTimersByTime(5000));
    await ticks(2);
    act(() => focusManager.setFocused(false));
    act(() => vi.advanceTimersByTime(600_000));
    act(() => focusManager.setFocused(true));
    act(() => vi.advanceTimersByTime(5000));
    await ticks(3);
    expect(asked).toBe(3);
  } finally {
    focusManager.setFocused(undefined);
    vi.useRealTimers();
  }
});

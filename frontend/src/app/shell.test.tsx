import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { configQuery, symbolsQuery } from "@/api/queries";
import { Part } from "@/lib/part";
import { live, useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { clientConfig, streamStatus, symbolStatus, T0 } from "@/testing/builders";
import { opened } from "./opened";
import { Shell } from "./shell";

const PAIR = "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5";
const address = () => window.location.pathname + window.location.search;
const press = (init: KeyboardEventInit, on: Element = document.body) => fireEvent.keyDown(on, init);

beforeEach(() => {
  opened.set(null);
  localStorage.clear();
  usePreferences.setState(usePreferences.getInitialState(), true);
  window.history.replaceState(null, "", PAIR);
  const client = new QueryClient();
  client.setQueryData(configQuery.queryKey, clientConfig({ methods: ["ols", "huber"] }));
  const ada = { symbol: "ADAUSDT", base: "ADA", quote: "USDT", tick_size: 0.01, step_size: 1 };
  client.setQueryData(symbolsQuery("sim-7").queryKey, {
    ...{ market: "sim-7", as_of: T0, next: null },
    items: [{ ...ada, status: "TRADING", streaming: false }],
  });
  const symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT"].map((symbol) => symbolStatus(symbol));
  live.receive({
    kind: "status",
    type: "snapshot",
    topic: "status",
    seq: 1,
    time: T0,
    data: streamStatus({ symbols }),
  });
  render(
    <QueryClientProvider client={client}>
      <button type="button">Before</button>
      <input aria-label="Field" />
      <Shell />
    </QueryClientProvider>,
  );
});

const field = () => screen.findByRole("combobox", { name: "Commands" });

describe("the palette", () => {
  test("opens with Ctrl+K, goes to a pair, and gives the focus back on Escape", async () => {
    const before = screen.getByRole("button", { name: "Before" });
    before.focus();
    press({ key: "k", ctrlKey: true }, before);
    await waitFor(async () => expect(await field()).toHaveFocus());
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(before).toHaveFocus());
    press({ key: "k", metaKey: true }, before);
    await userEvent.type(await field(), "sol eth");
    await userEvent.keyboard("{Enter}");
    expect(address()).toBe("/?a=ETHUSDT&b=SOLUSDT&tf=1m&m=ols&w=60&z=2,0.5&s=level");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  test.each([
    ["interval 5m", "/?a=BTCUSDT&b=ETHUSDT&tf=5m&m=ols&w=60&z=2,0.5&s=level"],
    ["huber", "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=huber&w=60&z=2,0.5&s=level"],
    ["log prices", "/?a=BTCUSDT&b=ETHUSDT&tf=1m&m=ols&w=60&z=2,0.5&s=log"],
    ["solusdt leg b", "/?a=BTCUSDT&b=SOLUSDT&tf=1m&m=ols&w=60&z=2,0.5&s=level"],
    ["ethusdt leg a", "/?a=ETHUSDT&b=BTCUSDT&tf=1m&m=ols&w=60&z=2,0.5&s=level"],
    ["go system", null],
    ["system", "/system"],
  ])("%s", async (typed, expected) => {
    press({ key: "k", ctrlKey: true });
    await userEvent.type(await field(), typed);
    await userEvent.keyboard("{Enter}");
    expect(address()).toBe(expected ?? PAIR);
  });

  test.each([
    ["start adausdt", "/stream/start", '{"symbols":["ADAUSDT"]}', "Not started: ADAUSDT"],
    ["start streaming", "/stream/start", "{}", "Streaming was not started"],
    ["stop streaming", "/stream/stop", "{}", "Streaming was not stopped"],
  ])("a refused %s is said, and can be sent again", async (typed, path, body, title) => {
    const problem = { status: 409, code: "problem", detail: "too many streams", request_id: "abc" };
    const asked = vi.fn(async () => Response.json(problem, { status: 409 }));
    vi.stubGlobal("fetch", asked);
    press({ key: "k", ctrlKey: true });
    await userEvent.type(await field(), typed);
    await userEvent.keyboard("{Enter}");
    const messages = screen.getByRole("region", { name: "Messages" });
    await waitFor(() => expect(messages).toHaveTextContent(`${title}too many streams`));
    asked.mockImplementation(async () => Response.json(streamStatus()));
    await userEvent.click(screen.getByRole("button", { name: "Retry" }));
    expect(messages).not.toHaveTextContent(title);
    const sent = asked.mock.calls as unknown as [string, RequestInit][];
    expect(sent.slice(0, 2).map(([to, init]) => [to, init.body])).toEqual([
      [path, body],
      [path, body],
    ]);
    vi.unstubAllGlobals();
  });

  test("changes palette and layout", async () => {
    usePreferences.getState().setLayout({ side: 500 });
    for (const typed of ["red up", "reset layout"]) {
      press({ key: "k", ctrlKey: true });
      await userEvent.type(await field(), typed);
      await userEvent.keyboard("{Enter}");
    }
    expect(document.documentElement.dataset.palette).toBe("red-up");
    expect(usePreferences.getState().layout.side).toBe(320);
  });
});

test("parts of the page that failed are asked for again when the link opens", async () => {
  const load = vi.fn().mockRejectedValue(new Error("gone"));
  const part = new Part(load);
  part.load();
  await waitFor(() => expect(part.get().failed).toBe(true));
  act(() => useLink.setState({ state: { phase: "offline", retryAt: T0 } }));
  expect(load).toHaveBeenCalledOnce();
  act(() => useLink.setState({ state: { phase: "open" } }));
  expect(load).toHaveBeenCalledTimes(2);
});

describe("shortcuts", () => {
  test("a single key acts, but not while something is typed, nor with a modifier", () => {
    const field = screen.getByRole("textbox", { name: "Field" });
    press({ key: "x" }, field);
    press({ key: "x", ctrlKey: true });
    expect(address()).toBe(PAIR);
    press({ key: "x" });
    expect(address()).toContain("?a=ETHUSDT&b=BTCUSDT");
  });

  test("g and the page's letter go there; the letter alone or too late does not", () => {
    press({ key: "s" });
    expect(address()).toBe(PAIR);
    press({ key: "g" });
    press({ key: "s" });
    expect(address()).toBe("/system");
    press({ key: "g" });
    press({ key: "m" });
    expect(address()).toBe(PAIR);
  });

  test("the pairs of what streams go around", () => {
    const seen = [1, 2, 3].map(() => {
      press({ key: "]" });
      return new URLSearchParams(window.location.search)
        .getAll("a")
        .concat(address().match(/b=(\w+)/)?.[1] ?? "");
    });
    expect(seen).toEqual([
      ["BTCUSDT", "SOLUSDT"],
      ["ETHUSDT", "SOLUSDT"],
      ["BTCUSDT", "ETHUSDT"],
    ]);
  });

  test("? shows them all, and switches single keys off", async () => {
    press({ key: "?", shiftKey: true });
    expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    expect(screen.getByText("Swap the legs")).toBeVisible();
    await userEvent.click(screen.getByRole("checkbox", { name: "Single keys are shortcuts" }));
    await userEvent.keyboard("{Escape}");
    press({ key: "x" });
    expect(address()).toBe(PAIR);
    press({ key: "k", ctrlKey: true });
    expect(await field()).toBeVisible();
  });
});

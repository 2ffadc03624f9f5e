import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clientConfig, pairData, T0 } from "@/testing/builders";
import { pairTopic, parseView } from "./view-state";

const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

/** The program behind z, of a page that was built for this server. */
async function programFor(server: string, required: boolean): Promise<string> {
  vi.stubEnv("VITE_API_BASE_URL", server);
  const [{ ExplainDialog }, { live }, { useSession }] = await Promise.all([
    import("./explain-dialog"),
    import("@/stores/link"),
    import("@/stores/session"),
  ]);
  useSession.setState({ required });
  const topic = pairTopic(view);
  live.receive({ kind: "pair", type: "snapshot", topic, seq: 1, time: T0, data: pairData() });
  const props = { view, decimals: { a: 2, b: 2 }, truth: null, onClose: vi.fn() };
  render(<ExplainDialog number="zscore" {...props} />);
  await act(() => new Promise(requestAnimationFrame));
  return screen.getByTestId("snippet").textContent ?? "";
}

test("the program asks the server, not the page's host, and says who asks where that is wanted", async () => {
  const program = await programFor("https://api.example", true);
  expect(program).toContain('f"https://api.example/data/{symbol}?{QUERY}", headers=HEADERS');
});

test("it asks the page's own origin where that is the server's", async () => {
  const program = await programFor("", false);
  expect(program).toContain(`urlopen(f"${window.location.origin}/data/{symbol}?{QUERY}")`);
});

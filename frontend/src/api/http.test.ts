import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deadLettersQuery, rulesQuery } from "./alerts";
import { ApiError, askAgainIn, getJson } from "./http";
import { jobsQuery, storedQuery, systemQuery } from "./queries";

const NOW = Date.UTC(2026, 0, 1);

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const refusal = (status: number, headers: Record<string, string> = {}) =>
  Response.json({ status, code: "problem", detail: "not now", request_id: "abc" }, { status, headers });

async function errorOf(response: Response): Promise<Error> {
  vi.stubGlobal("fetch", async () => response);
  return getJson("/config").then(
    () => new Error("no refusal"),
    (error: Error) => error,
  );
}

describe("when the same question may be answered", () => {
  test.each([
    ["too many requests", refusal(429), 5000],
    ["for as long as the server says", refusal(429, { "retry-after": "30" }), 30_000],
    ["not sooner than usual", refusal(429, { "retry-after": "1" }), 5000],
    ["until a date", refusal(503, { "retry-after": "Thu, 01 Jan 2026 00:00:20 GMT" }), 20_000],
    ["a date that has passed", refusal(503, { "retry-after": "Wed, 31 Dec 2025 00:00:20 GMT" }), 5000],
    ["nonsense", refusal(429, { "retry-after": "soon" }), 5000],
    ["longer than anybody waits", refusal(429, { "retry-after": "99999999999" }), 600_000],
    ["a proxy's page", new Response("<h1>Busy</h1>", { status: 429, headers: { "retry-after": "9" } }), 9000],
    ["what only the user can change", refusal(404, { "retry-after": "9" }), false],
  ])("%s", async (_, response, wait) => {
    const error = await errorOf(response);
    expect(error).toBeInstanceOf(ApiError);
    expect(askAgainIn(error)).toBe(wait);
  });
});

test.each([
  ["the system", systemQuery("sim-7"), {}],
  ["what is stored", storedQuery("sim-7", "BTCUSDT"), {}],
  ["rules", rulesQuery, { items: [] }],
  ["what was not delivered", deadLettersQuery, { items: [] }],
  ["a running import", jobsQuery, { items: [{ state: "running" }] }],
])("%s is asked for again after one 429, and not sooner than the server said", async (_, query, answer) => {
  const answers = [Response.json(answer), refusal(429, { "retry-after": "30" })];
  const asked = vi.fn(async () => answers.shift() ?? Response.json(answer));
  vi.stubGlobal("fetch", asked);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const stop = new QueryObserver(client, query as typeof jobsQuery).subscribe(() => {});
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(11_000);
  expect(asked.mock.calls.length).toBeGreaterThan(2);
  stop();
});

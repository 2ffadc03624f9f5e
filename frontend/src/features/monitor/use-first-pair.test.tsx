import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { clientConfig, streamStatus } from "@/testing/builders";
import { TRUTH as truth } from "@/testing/truth";
import { useFirstPair } from "./use-first-pair";
import { useView } from "./use-view";

const config = clientConfig({ intervals: ["1s", "1m", "5m"] });
const status = streamStatus({ market: "sim-7", symbols: [], running: false });
const address = () => window.location.search;

function opened(search = "") {
  window.history.replaceState(null, "", `/${search}`);
  const start = vi.fn();
  const { result } = renderHook(() => {
    const [view, change] = useView(config);
    return useFirstPair({ view, change, status, truth, config, start });
  });
  const change = (...args: Parameters<typeof result.current>) => act(() => result.current(...args));
  return { change, start };
}

beforeEach(() => window.history.replaceState(null, "", "/"));

test("a fresh market opens on its best pair, in a window that shows that it is one", () => {
  const { start } = opened();
  expect(address()).toMatch(/^\?a=C&b=D&tf=1m&m=ols&w=300&/);
  expect(start).toHaveBeenCalledExactlyOnceWith(["C", "D"]);
});

test("that window stays with its legs and bars, and does not go over to others", () => {
  const { change } = opened();
  change({ a: "D", b: "C" });
  expect(address()).toMatch(/^\?a=D&b=C&tf=1m&m=ols&w=300&/);
  change({ scale: "log" });
  expect(address()).toContain("w=300");
  change({ interval: "1s" });
  expect(address()).toMatch(/tf=1s&m=ols&w=60&/);
  opened().change({ b: "A" });
  expect(address()).toMatch(/^\?a=C&b=A&tf=1m&m=ols&w=60&/);
});

test("a window of the user's own goes wherever the user goes", () => {
  const { change } = opened();
  change({ window: 200 });
  change({ interval: "1s" });
  change({ b: "A" });
  expect(address()).toMatch(/^\?a=C&b=A&tf=1s&m=ols&w=200&/);
  opened("?w=90");
  expect(address()).toMatch(/^\?a=C&b=D&tf=1m&m=ols&w=90&/);
});

import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useLink } from "./link";
import { useOffline } from "./offline";

test("a line that was lost is away until it is open again, whatever is tried meanwhile", () => {
  const { result } = renderHook(useOffline);
  const told = (state: ReturnType<typeof useLink.getState>["state"]) => {
    act(() => useLink.setState({ state }));
    return result.current;
  };
  expect(told({ phase: "connecting" })).toBeNull();
  act(() => useLink.setState({ session: "s1" }));
  expect(told({ phase: "open" })).toBeNull();
  expect(told({ phase: "offline", retryAt: 5000 })).toEqual({ retryAt: 5000, unheardSince: 0 });
  expect(told({ phase: "connecting" })).toEqual({ retryAt: null, unheardSince: 0 });
  expect(told({ phase: "offline", retryAt: 9000 })).toEqual({ retryAt: 9000, unheardSince: 0 });
  expect(told({ phase: "open" })).toBeNull();
});

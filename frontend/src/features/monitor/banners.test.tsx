import { act, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useLink } from "@/stores/link";
import { Banners } from "./banners";

test("a countdown is seen, and the sentence alone is read out", () => {
  vi.useFakeTimers({ now: 0 });
  act(() => useLink.setState({ state: { phase: "offline", retryAt: 5000 } }));
  const props = { status: null, canSimulate: false, busy: false, onSimulate: vi.fn() };
  render(<Banners state="offline" {...props} />);
  const countdown = screen.getByText("Next try in 5 s.");
  const said = screen.getByRole("status");
  // What a screen reader is not told is no part of it.
  const read = () => {
    const copy = said.cloneNode(true) as HTMLElement;
    for (const hidden of copy.querySelectorAll("[aria-hidden=true]")) hidden.remove();
    return copy.textContent;
  };
  const before = read();
  expect(before).toMatch(/^The server does not answer/);
  act(() => vi.advanceTimersByTime(2000));
  expect(countdown).toHaveTextContent("Next try in 3 s.");
  expect(countdown).toHaveAttribute("aria-hidden", "true");
  expect(read()).toBe(before);
  vi.useRealTimers();
});

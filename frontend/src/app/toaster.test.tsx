import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dismiss, say, type ToastTone } from "@/stores/toasts";
import { Toaster } from "./toaster";

const ids = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);
const tell = (count: number, tone: ToastTone) =>
  act(() => say(...ids(count).map((id) => ({ id, tone, title: `message ${id}` }))));
const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
const shown = () => [...document.querySelectorAll<HTMLElement>("[data-toast]")].map((li) => li.dataset.toast);

beforeEach(() => {
  vi.useFakeTimers();
  render(<Toaster />);
});
afterEach(() => {
  act(() => dismiss(...ids(60)));
  vi.useRealTimers();
});

test("messages that there was no room for grow old too, and never come back as new ones", () => {
  tell(5, "warning");
  expect(shown()).toEqual(["t2", "t3", "t4"]);
  pass(11_999);
  expect(shown()).toEqual(["t2", "t3", "t4"]);
  pass(1);
  expect(shown()).toEqual([]);
  expect(screen.queryByText(/more$/)).toBeNull();
});

test("what is critical stays, but not without end", () => {
  tell(60, "critical");
  pass(3_600_000);
  expect(shown()).toEqual(["t57", "t58", "t59"]);
  expect(screen.getByText(/and 47 more/)).toBeVisible();
});

test("one that somebody is on stays, said anew as well, and has its whole time afterwards", () => {
  tell(1, "ok");
  const message = () => screen.getByText("message t0").closest("li") as HTMLElement;
  fireEvent.mouseEnter(message());
  pass(60_000);
  tell(1, "ok");
  pass(60_000);
  fireEvent.mouseLeave(message());
  pass(4999);
  expect(shown()).toEqual(["t0"]);
  pass(1);
  expect(shown()).toEqual([]);
});

test("one that newer ones push out from under the pointer grows old", () => {
  tell(1, "ok");
  fireEvent.mouseEnter(screen.getByText("message t0").closest("li") as HTMLElement);
  act(() =>
    say(
      ...ids(4)
        .slice(1)
        .map((id) => ({ id, tone: "critical" as const, title: id })),
    ),
  );
  expect(screen.getByText(/and 1 more/)).toBeVisible();
  pass(5000);
  expect(screen.queryByText(/more$/)).toBeNull();
});

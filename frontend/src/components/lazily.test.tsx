import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { loadFailed } from "@/lib/part";
import { lazily, loadTheRest } from "./lazily";

const Hello = ({ name }: { name: string }) => <p>Hello {name}</p>;

test("shows what it loaded, at once when it was loaded before", async () => {
  const load = vi.fn(async () => Hello);
  const Lazy = lazily(load);
  loadTheRest();
  await vi.waitFor(() => expect(load).toHaveBeenCalledOnce());
  await Promise.resolve();
  render(<Lazy name="you" />);
  expect(screen.getByText("Hello you")).toBeVisible();
  expect(load).toHaveBeenCalledOnce();
});

test("a failure is said, and the next visit tries again", async () => {
  const load = vi.fn().mockRejectedValueOnce(new Error("gone")).mockResolvedValue(Hello);
  const Lazy = lazily<{ name: string }>(load);
  const first = render(<Lazy name="you" />);
  expect(await screen.findByRole("alert")).toBeVisible();
  first.unmount();
  render(<Lazy name="again" />);
  expect(await screen.findByText("Hello again")).toBeVisible();
});

test("what is shown and failed is asked for again when the server is back, and by Retry", async () => {
  const gone = new Error("gone");
  const load = vi.fn().mockRejectedValueOnce(gone).mockRejectedValueOnce(gone).mockResolvedValue(Hello);
  const Lazy = lazily<{ name: string }>(load);
  render(<Lazy name="you" />);
  await userEvent.click(await screen.findByRole("button", { name: "Retry" }));
  await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2));
  await act(async () => loadFailed());
  expect(await screen.findByText("Hello you")).toBeVisible();
  loadFailed();
  expect(load).toHaveBeenCalledTimes(3);
});

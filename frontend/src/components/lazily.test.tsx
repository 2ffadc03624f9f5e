import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
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

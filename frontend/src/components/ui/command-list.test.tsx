import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { type Command, CommandList } from "./command-list";

const ran = vi.fn();
const onDone = vi.fn();
const command = (title: string, group: string): Command => ({
  id: title.replaceAll(" ", "-"),
  group,
  title,
  run: () => ran(title),
});
const COMMANDS = [
  command("BTC / ETH", "Pairs"),
  command("BTC / SOL", "Pairs"),
  command("Light theme", "Actions"),
];

const field = () => screen.getByRole("combobox", { name: "Commands" });
const active = () => document.getElementById(field().getAttribute("aria-activedescendant") ?? "none");

beforeEach(() => {
  ran.mockReset();
  onDone.mockReset();
  render(<CommandList label="Commands" placeholder="Search" commands={COMMANDS} onDone={onDone} />);
});

test("the arrow keys move the choice around, Enter closes and runs it", async () => {
  await userEvent.click(field());
  expect(active()).toHaveTextContent("BTC / ETH");
  await userEvent.keyboard("{ArrowDown}");
  expect(active()).toHaveTextContent("BTC / SOL");
  expect(active()).toHaveAttribute("aria-selected", "true");
  await userEvent.keyboard("{ArrowUp}{ArrowUp}");
  expect(active()).toHaveTextContent("Light theme");
  expect(field()).toHaveFocus();
  await userEvent.keyboard("{Enter}");
  expect(ran).toHaveBeenCalledExactlyOnceWith("Light theme");
  expect(onDone.mock.invocationCallOrder[0]).toBeLessThan(ran.mock.invocationCallOrder[0] ?? 0);
});

test("while typing the active option is always one that is there", async () => {
  await userEvent.click(field());
  await userEvent.keyboard("{End}");
  await userEvent.type(field(), "sol");
  expect(screen.getAllByRole("option")).toHaveLength(1);
  expect(active()).toHaveTextContent("BTC / SOL");
  await userEvent.type(field(), "xyz");
  expect(field()).not.toHaveAttribute("aria-activedescendant");
  expect(screen.getByRole("status")).toHaveTextContent("Nothing matches.");
  await userEvent.keyboard("{Enter}{ArrowDown}");
  expect(ran).not.toHaveBeenCalled();
});

test("a group's name finds its commands, and a click runs one", async () => {
  await userEvent.type(field(), "pairs");
  await userEvent.click(screen.getByRole("option", { name: "BTC / SOL" }));
  expect(ran).toHaveBeenCalledExactlyOnceWith("BTC / SOL");
});

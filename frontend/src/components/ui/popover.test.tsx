import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeEach, expect, test } from "vitest";
import { Button } from "./button";
import { Popover } from "./popover";

function Page() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Popover label="Things" open={open} onOpenChange={setOpen} trigger={<Button>Open</Button>}>
        <input aria-label="Thing" />
        <button type="button" onClick={() => setOpen(false)}>
          Done
        </button>
      </Popover>
      <button type="button">Elsewhere</button>
    </>
  );
}

const opener = () => screen.getByRole("button", { name: "Open" });
const dialog = () => screen.queryByRole("dialog", { name: "Things" });

beforeEach(async () => {
  render(<Page />);
  await userEvent.click(opener());
});

test("opens with the focus inside, and Escape gives it back", async () => {
  expect(opener()).toHaveAttribute("aria-expanded", "true");
  expect(screen.getByRole("textbox", { name: "Thing" })).toHaveFocus();
  await userEvent.keyboard("{Escape}");
  expect(dialog()).toBeNull();
  expect(opener()).toHaveFocus();
});

test("what closes it from inside gives the focus back too", async () => {
  await userEvent.click(screen.getByRole("button", { name: "Done" }));
  expect(dialog()).toBeNull();
  expect(opener()).toHaveFocus();
});

test("a click elsewhere closes it and leaves the focus there; its own button closes it", async () => {
  await userEvent.click(screen.getByRole("button", { name: "Elsewhere" }));
  expect(dialog()).toBeNull();
  expect(screen.getByRole("button", { name: "Elsewhere" })).toHaveFocus();
  await userEvent.click(opener());
  expect(dialog()).toBeVisible();
  await userEvent.click(opener());
  expect(dialog()).toBeNull();
});

import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { clientConfig } from "@/testing/builders";
import { TicketDialog } from "./ticket-dialog";
import { parseView } from "./view-state";

test("what is wrong is said of its own field alone", async () => {
  const view = { ...parseView("", clientConfig()), a: "BTCUSDT", b: "ETHUSDT" };
  render(<TicketDialog view={view} known={null} onClose={vi.fn()} />);
  const notional = screen.getByRole("textbox", { name: /notional/ });
  const fee = screen.getByRole("textbox", { name: /Fee/ });
  await userEvent.clear(fee);
  expect(fee).toBeInvalid();
  expect(fee).toHaveAccessibleDescription("The fee is a number of basis points, from 0.");
  expect(notional).toBeValid();
  expect(notional).toHaveAccessibleDescription("");
  await userEvent.type(notional, "x");
  expect(notional).toHaveAccessibleDescription("The notional is a number above 0.");
});

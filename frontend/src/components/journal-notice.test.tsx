import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { streamStatus } from "@/testing/builders";
import { JournalNotice } from "./journal-notice";

const { journal } = streamStatus();

test("a failing journal is said with its reason and what is lost", () => {
  render(
    <JournalNotice
      journal={{ ...journal, state: "failing", reason: "no space left on the disk", dropped_rows: 1234 }}
    />,
  );
  expect(screen.getByRole("alert")).toHaveTextContent(
    /Trades are not being stored: no space left on the disk.*1,234/,
  );
});

test.each(["ok", "behind", "off"] as const)("a journal that is %s gives no alarm", (state) => {
  render(<JournalNotice journal={{ ...journal, state, reason: "slow" }} />);
  expect(screen.queryByRole("alert")).toBeNull();
});

test("nothing is said before the first status", () => {
  const { container } = render(<JournalNotice journal={null} />);
  expect(container).toBeEmptyDOMElement();
});

import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Splitter } from "./splitter";

function splitter(after = true) {
  const onChange = vi.fn();
  const onReset = vi.fn();
  const rest = { value: 320, min: 240, max: 600, after, onChange, onReset };
  render(<Splitter label="Width" orientation="vertical" {...rest} />);
  const line = screen.getByRole("separator", { name: "Width" });
  line.setPointerCapture = vi.fn();
  return { line, onChange, onReset };
}

test("arrow keys move the line: to the left makes what lies after it wider", async () => {
  const { line, onChange } = splitter();
  line.focus();
  await userEvent.keyboard("{ArrowLeft}{ArrowRight}{Home}{End}{ArrowUp}");
  expect(onChange.mock.calls).toEqual([[336], [304], [240], [600]]);
});

test("dragging follows the pointer, within its bounds, and ends with the button", () => {
  const { line, onChange, onReset } = splitter();
  fireEvent.pointerMove(line, { clientX: 5 });
  fireEvent.pointerDown(line, { clientX: 100 });
  fireEvent.pointerMove(line, { clientX: 70 });
  fireEvent.pointerMove(line, { clientX: 900 });
  fireEvent.pointerUp(line);
  fireEvent.pointerMove(line, { clientX: 0 });
  expect(onChange.mock.calls).toEqual([[350], [240]]);
  fireEvent.doubleClick(line);
  expect(onReset).toHaveBeenCalledOnce();
});

test("a size before the line grows the other way", async () => {
  const { line, onChange } = splitter(false);
  line.focus();
  await userEvent.keyboard("{ArrowLeft}");
  expect(onChange).toHaveBeenCalledExactlyOnceWith(304);
});

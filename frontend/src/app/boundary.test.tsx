import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Boundary } from "./boundary";

function Broken(): never {
  throw new Error("no sources");
}

test("a page that cannot be drawn says so, and what stands beside it stays", () => {
  // React tells the console, too.
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  render(
    <>
      <Boundary>
        <Broken />
      </Boundary>
      <p>beside it</p>
    </>,
  );
  expect(screen.getByText("This page could not be shown: no sources")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Reload" })).toBeInTheDocument();
  expect(screen.getByText("beside it")).toBeInTheDocument();
  told.mockRestore();
});

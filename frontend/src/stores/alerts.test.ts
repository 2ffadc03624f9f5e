import { expect, test } from "vitest";
import { alertEvent, T0 } from "@/testing/builders";
import { unreadOf } from "./alerts";

const events = [alertEvent(5), alertEvent(4, { acknowledged_at: T0 }), alertEvent(3), alertEvent(2)];
const numbers = (upTo: number) => unreadOf(events, upTo).map(({ number }) => number);

test("unread is what came after the last look and nobody has acknowledged", () => {
  expect(numbers(0)).toEqual([5, 3, 2]);
  expect(numbers(2)).toEqual([5, 3]);
  expect(numbers(5)).toEqual([]);
});

test("a number beyond the newest event is of another store", () => {
  expect(numbers(900)).toEqual([5, 3, 2]);
  expect(unreadOf([], 900)).toEqual([]);
});

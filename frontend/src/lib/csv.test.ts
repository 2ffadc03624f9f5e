import { expect, test } from "vitest";
import { csvText, isoTime } from "./csv";

test("numbers keep every digit and their sign; what is absent is empty", () => {
  expect(
    csvText(
      ["a", "b", "c"],
      [
        [-1.5, 0.1 + 0.2, null],
        [Number.NaN, 1e21, -0],
      ],
    ),
  ).toBe("a,b,c\n-1.5,0.30000000000000004,\n,1e+21,0\n");
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])("the text %j is no formula", (text) => {
  expect(csvText([text], [])).toBe(`'${text}\n`);
});

test("commas, quotes and line ends are quoted, also in a neutralised text", () => {
  expect(csvText(["a,b"], [['say "x"'], ["two\nlines"], ["=a,b"]])).toBe(
    '"a,b"\n"say ""x"""\n"two\nlines"\n"\'=a,b"\n',
  );
});

test("times are UTC", () => {
  expect(isoTime(1_763_819_520_000)).toBe("2025-11-22T13:52:00.000Z");
});

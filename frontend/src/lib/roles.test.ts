import { expect, test } from "vitest";
import { ROLES, refusal } from "./roles";

test("each role may what the ones before it may, and is told why not", () => {
  const may = ROLES.map((role) => ROLES.map((least) => refusal(role, least) === null));
  expect(may).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
  expect(refusal("viewer", "operator")).toBe("Needs the role operator; you have the role viewer");
});

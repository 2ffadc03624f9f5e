import { expect, test } from "vitest";
import { systemStatus } from "@/testing/builders";
import { reportOf } from "./report";

test("a report names what runs, how much it holds, and the browser", () => {
  expect(reportOf(systemStatus(), "Browser/1").split("\n")).toEqual([
    "Quant Analytics Platform 0.1.0, Python 3.11.9, SQLite 3.40.1",
    "Linux-6.1.0-x86_64-with-glibc2.36",
    "numba 0.68.0, numpy 2.4.0",
    "Market sim-7: 2 symbols, 14,210 trades and 3,870 bars held",
    "Running for 60.0 s, 347.5 MB of memory, 14 threads",
    "Browser/1",
    "",
  ]);
});

test("memory that the system does not tell is a dash", () => {
  const { process } = systemStatus();
  const report = reportOf(systemStatus({ process: { ...process, memory_bytes: null } }), "Browser/1");
  expect(report).toContain("– of memory");
});

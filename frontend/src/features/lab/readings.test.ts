import { describe, expect, test } from "vitest";
import { clientConfig } from "@/testing/builders";
import { pairLab } from "@/testing/lab-builders";
import { labAddress, parseLab } from "./lab-state";
import { readingsOf } from "./readings";

const by = (lab = pairLab()) => new Map(readingsOf(lab).map((reading) => [reading.key, reading]));

describe("readings", () => {
  test("say what the numbers mean, each with a warning", () => {
    const found = by();
    expect(found.get("cointegration")).toMatchObject({ says: "cointegrated at 5 %" });
    expect(found.get("kpss")).toMatchObject({
      says: "stationarity is not rejected",
      text: "0.200, p at least 0.10",
    });
    expect(found.get("variance_ratio")?.says).toBe("steps turn back, over 1 of 1 spans");
    expect(found.get("hurst")?.says).toBe("turns back");
    expect(found.get("half_life")).toMatchObject({ says: "may be endless" });
    expect(found.get("stability")?.says).toBe("one line in both halves");
    expect(found.get("leg:BTCUSDT")?.says).toBe("a walk, as it should be");
    expect(found.get("leg:ETHUSDT")?.says).toBe("comes back by itself");
    for (const { means, beware } of found.values()) expect(means && beware).toBeTruthy();
  });

  test("a part without numbers has its reason and no number", () => {
    const lab = pairLab();
    const found = by(pairLab({ stability: { ...lab.stability, status: "not_reverting", reason: "a walk" } }));
    expect(found.get("stability")).toMatchObject({ text: null, reason: "a walk" });
  });
});

describe("the address of the lab", () => {
  const config = clientConfig({ methods: ["ols", "kalman"] });
  test("holds all of the view", () => {
    const view = parseLab("/pair/btcusdt/ETHUSDT", "?tf=5m&w=480&m=Kalman&s=log", config);
    expect(view).toEqual({
      a: "BTCUSDT",
      b: "ETHUSDT",
      interval: "5m",
      window: 480,
      method: "kalman",
      scale: "log",
    });
    expect(labAddress(view)).toBe("/pair/BTCUSDT/ETHUSDT?tf=5m&w=480&m=kalman&s=log");
  });
  test.each([
    ["/pair", "", null, null],
    ["/pair/BTCUSDT", "", "BTCUSDT", null],
    ["/pair/BTCUSDT/BTCUSDT", "", "BTCUSDT", null],
    ["/pair/%E0%A4%A/ETHUSDT", "?tf=7m&w=x&m=no&s=no", null, "ETHUSDT"],
  ])("%s%s falls back to what there is", (path, search, a, b) => {
    expect(parseLab(path, search, config)).toMatchObject({
      a,
      b,
      interval: "1m",
      window: 240,
      method: "ols",
      scale: "level",
    });
  });
});

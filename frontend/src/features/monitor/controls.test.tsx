import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import type { SymbolOut } from "@/api/types";
import { WindowField } from "@/components/window-field";
import { usePreferences } from "@/stores/preferences";
import { clientConfig } from "@/testing/builders";
import { ChartPicker } from "./chart-picker";
import { PairControls } from "./pair-controls";
import { SourcePicker } from "./source-picker";
import { StreamControls } from "./stream-controls";
import { ThresholdPicker } from "./threshold-picker";
import { parseView } from "./view-state";

function symbol(name: string, status = "TRADING"): SymbolOut {
  return { symbol: name, base: name, quote: "USDT", status, tick_size: 0.1, step_size: 1, streaming: false };
}
const SYMBOLS = [symbol("BTCUSDT"), symbol("ETHUSDT"), symbol("SOLUSDT"), symbol("OLDUSDT", "SETTLING")];

function streamControls(streaming: string[], shown: (string | null)[] = [null, null]) {
  const onStart = vi.fn();
  const onStop = vi.fn();
  const running = streaming.length > 0;
  const props = { symbols: SYMBOLS, busy: false, onStart, onStop };
  const view = render(<StreamControls {...props} shown={shown} streaming={streaming} running={running} />);
  const rerender = (now: string[]) =>
    view.rerender(<StreamControls {...props} shown={shown} streaming={now} running={now.length > 0} />);
  return { onStart, onStop, rerender };
}
const start = () => screen.getByRole("button", { name: "Start" });
const stop = () => screen.getByRole("button", { name: "Stop" });
const openSymbols = () => userEvent.click(screen.getByRole("button", { name: /^Symbols/ }));
const tick = (name: string) => userEvent.click(screen.getByRole("checkbox", { name: new RegExp(name) }));

describe("symbols, Start and Stop", () => {
  test("with nothing ticked, Start begins with the legs on show that trade", async () => {
    const { onStart } = streamControls([], ["ETHUSDT", "OLDUSDT"]);
    await userEvent.click(start());
    expect(onStart).toHaveBeenCalledWith({ start: ["ETHUSDT"], stop: [] });
  });

  test("ticking two symbols and pressing Start starts both", async () => {
    const { onStart } = streamControls([]);
    expect(start()).toBeDisabled();
    expect(stop()).toBeDisabled();
    await openSymbols();
    await tick("BTCUSDT");
    await tick("ETHUSDT");
    await userEvent.keyboard("{Escape}");
    await userEvent.click(start());
    expect(onStart).toHaveBeenCalledExactlyOnceWith({ start: ["BTCUSDT", "ETHUSDT"], stop: [] });
  });

  test("only symbols that trade are offered, and the search narrows them", async () => {
    streamControls([]);
    await openSymbols();
    expect(screen.getAllByRole("checkbox")).toHaveLength(3);
    await userEvent.type(screen.getByRole("searchbox"), "sol");
    expect(screen.getAllByRole("checkbox")).toHaveLength(1);
    await userEvent.type(screen.getByRole("searchbox"), "xx");
    expect(screen.getByText("No symbol matches.")).toBeVisible();
  });

  test("a tick taken away is stopped, one added is started", async () => {
    const { onStart } = streamControls(["BTCUSDT", "ETHUSDT"]);
    await openSymbols();
    await tick("ETHUSDT");
    await tick("SOLUSDT");
    await userEvent.keyboard("{Escape}");
    await userEvent.click(start());
    expect(onStart).toHaveBeenCalledExactlyOnceWith({ start: ["SOLUSDT"], stop: ["ETHUSDT"] });
  });

  test("after Stop, Start goes on with the same symbols", async () => {
    const { onStart, onStop, rerender } = streamControls(["BTCUSDT", "ETHUSDT"]);
    await userEvent.click(stop());
    expect(onStop).toHaveBeenCalledOnce();
    rerender([]);
    await userEvent.click(start());
    expect(onStart).toHaveBeenCalledExactlyOnceWith({ start: ["BTCUSDT", "ETHUSDT"], stop: [] });
  });
});

describe("the source", () => {
  test("is switched only after the confirmation", async () => {
    const onSwitch = vi.fn();
    render(<SourcePicker source="sim:7" sources={["sim:7", "binance"]} onSwitch={onSwitch} />);
    const picker = screen.getByRole("combobox", { name: "Source" });
    await userEvent.selectOptions(picker, "Binance");
    expect(screen.getByText(/Binance is another market/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(onSwitch).not.toHaveBeenCalled();
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Source" }), "Binance");
    await userEvent.click(screen.getByRole("button", { name: "Switch" }));
    expect(onSwitch).toHaveBeenCalledExactlyOnceWith("binance");
  });

  test("offers a source once, and the running recording too", () => {
    render(<SourcePicker source="replay:a.gz" sources={["sim", "binance"]} onSwitch={vi.fn()} />);
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual([
      "Recording",
      "Simulated market",
      "Binance",
    ]);
  });
});

describe("the window", () => {
  test("takes effect on Enter, and says beside the field what is wrong", async () => {
    const onChange = vi.fn();
    render(<WindowField window={60} onChange={onChange} />);
    const field = screen.getByRole("textbox", { name: "Window" });
    await userEvent.clear(field);
    await userEvent.type(field, "1{Enter}");
    expect(field).toBeInvalid();
    expect(field).toHaveAccessibleDescription("The window needs at least 10 bars.");
    expect(onChange).not.toHaveBeenCalled();
    await userEvent.type(field, "20{Enter}");
    expect(field).toBeValid();
    expect(onChange).toHaveBeenCalledExactlyOnceWith(120);
  });
});

describe("the pair", () => {
  test("swaps its legs, and no symbol can be both", async () => {
    const onChange = vi.fn();
    const config = clientConfig();
    const view = parseView("?a=BTCUSDT&b=ETHUSDT", config);
    const streaming = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];
    render(<PairControls view={view} config={config} streaming={streaming} onChange={onChange} />);
    await userEvent.click(screen.getByRole("button", { name: "Swap the legs" }));
    expect(onChange).toHaveBeenLastCalledWith({ a: "ETHUSDT", b: "BTCUSDT" });
    const legA = screen.getByRole("combobox", { name: "Leg A" });
    expect([...legA.querySelectorAll("option")].map((option) => option.disabled)).toEqual([
      false,
      true,
      false,
    ]);
    await userEvent.selectOptions(legA, "SOLUSDT");
    expect(onChange).toHaveBeenLastCalledWith({ a: "SOLUSDT" });
  });
});

describe("thresholds", () => {
  test("are set together, and what is wrong is said at their fields", async () => {
    const onChange = vi.fn();
    render(<ThresholdPicker view={parseView("", clientConfig())} onChange={onChange} />);
    await userEvent.click(screen.getByRole("button", { name: /thresholds/ }));
    const entry = screen.getByRole("textbox", { name: "Entry" });
    await userEvent.clear(entry);
    await userEvent.type(entry, "5");
    expect(entry).toHaveAccessibleDescription("The stop lies beyond the entry.");
    expect(screen.getByRole("button", { name: "Set" })).toBeDisabled();
    await userEvent.clear(entry);
    await userEvent.type(entry, "2.5{Enter}");
    expect(onChange).toHaveBeenCalledExactlyOnceWith({ entry: 2.5, exit: 0.5, stop: 4 });
  });
});

describe("the charts", () => {
  test("have moving averages of chosen lengths", async () => {
    usePreferences.setState({ overlays: { averages: false, volume: true }, averageLengths: [20, 60] });
    const view = parseView("?a=A&b=B", clientConfig());
    render(<ChartPicker view={view} streaming={["A", "B"]} onChange={vi.fn()} />);
    await userEvent.click(screen.getByRole("button", { name: /^Charts/ }));
    await userEvent.click(screen.getByRole("checkbox", { name: "Moving averages" }));
    const first = screen.getByRole("textbox", { name: "Bars of the first moving average" });
    await userEvent.clear(first);
    await userEvent.type(first, "1{Enter}");
    expect(first).toHaveAccessibleDescription("The window needs at least 2 bars.");
    expect(usePreferences.getState().averageLengths).toEqual([20, 60]);
    await userEvent.clear(first);
    await userEvent.type(first, "9{Enter}");
    expect(usePreferences.getState()).toMatchObject({
      averageLengths: [9, 60],
      overlays: { averages: true },
    });
  });

  test("compare up to four further symbols", async () => {
    const onChange = vi.fn();
    const view = parseView("?a=A&b=B&cmp=C,D,E", clientConfig());
    render(<ChartPicker view={view} streaming={["A", "B", "C", "F", "G"]} onChange={onChange} />);
    await userEvent.click(screen.getByRole("button", { name: /^Charts/ }));
    await userEvent.click(screen.getByRole("checkbox", { name: "D" }));
    expect(onChange).toHaveBeenLastCalledWith({ compare: ["C", "E"] });
    await userEvent.click(screen.getByRole("checkbox", { name: "F" }));
    expect(onChange).toHaveBeenLastCalledWith({ compare: ["C", "D", "E", "F"] });
    expect(screen.queryByRole("checkbox", { name: "A" })).toBeNull();
  });
});

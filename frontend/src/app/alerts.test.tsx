import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { AlertEvent, AlertsMessage } from "@/api/types";
import { alerts, useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { dismiss, useToasts } from "@/stores/toasts";
import { alertEvent, alertRule, T0 } from "@/testing/builders";
import { loudest } from "./alert-sound";
import { Bell } from "./bell";
import { Shell } from "./shell";

// Parts of the page are loaded when they are first shown, which takes its time on a busy machine.
configure({ asyncUtilTimeout: 20_000 });
vi.setConfig({ testTimeout: 60_000 });

let history: AlertEvent[] = [];
let market = 0;
const message = (type: AlertsMessage["type"], seq: number, items: AlertEvent[]): AlertsMessage => ({
  ...{ kind: "alerts", type, topic: "alerts", seq, time: T0 },
  news: true,
  data: { items, next: null },
});
/** An event of the test's own market, with a rule of that name. */
function fired(number: number, name: string, part: Partial<AlertEvent> = {}): AlertEvent {
  const event = alertEvent(number, { market: `sim-${market}`, ...part });
  return { ...event, id: `${event.market} ${number}`, rule: { ...event.rule, name } };
}

function Shown() {
  return <output>{useToasts().length}</output>;
}

beforeEach(async () => {
  vi.stubGlobal("matchMedia", () => ({
    matches: true,
    addEventListener: () => {},
    removeEventListener: () => {},
  }));
  vi.stubGlobal("fetch", async () => Response.json({ items: history, next: null }));
  localStorage.clear();
  usePreferences.setState(usePreferences.getInitialState(), true);
  market += 1;
  history = [fired(1, "long ago", { acknowledged_at: T0 })];
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Bell />
      <Shell />
      <Shown />
    </QueryClientProvider>,
  );
  useLink.setState({ market: `sim-${market}` });
  alerts.enter(`sim-${market}`);
  alerts.receive(message("snapshot", 1, []));
  await waitFor(() => expect(alerts.get().phase).toBe("ready"));
  return () =>
    dismiss(
      ...[...document.querySelectorAll<HTMLElement>("[data-toast]")].map((li) => li.dataset.toast ?? ""),
    );
});

const messages = () => screen.getByRole("region", { name: "Messages" });

test("what fires is told and counted, what fired before is not", async () => {
  expect(screen.getByRole("button", { name: "Alerts" })).toHaveAttribute("data-unread", "0");
  alerts.receive(message("update", 2, [fired(2, "<b>z</b> high")]));
  await waitFor(() => expect(messages()).toHaveTextContent("<b>z</b> high"));
  expect(messages()).not.toHaveTextContent("long ago");
  expect(screen.getByRole("button", { name: "Alerts, 1 new one" })).toHaveAttribute("data-unread", "1");
  await userEvent.click(screen.getByRole("button", { name: "Close: <b>z</b> high" }));
  expect(messages()).not.toHaveTextContent("z high");
});

test("many at once leave the page usable", async () => {
  const many = Array.from({ length: 12 }, (_, index) => fired(index + 2, `rule ${index}`));
  alerts.receive(message("update", 13, many));
  await waitFor(() => expect(messages()).toHaveTextContent("and 9 more"));
  expect(messages().querySelectorAll("[data-toast]")).toHaveLength(3);
  await userEvent.click(screen.getByRole("button", { name: "Close all" }));
  expect(screen.getByRole("status")).toHaveTextContent("0");
});

test("opening the bell is reading; its list explains and acknowledges", async () => {
  alerts.receive(message("update", 2, [fired(2, "z high")]));
  const bell = await screen.findByRole("button", { name: "Alerts, 1 new one" });
  await userEvent.click(bell);
  const list = await screen.findByRole("list", { name: "Newest alerts" });
  expect(list).toHaveTextContent("new");
  await waitFor(() => expect(bell).toHaveAttribute("data-unread", "0"));
  expect(screen.getByRole("button", { name: "Acknowledge long ago" })).toBeDisabled();
  const asked = vi.fn(async () => Response.json(fired(2, "z high")));
  vi.stubGlobal("fetch", asked);
  await userEvent.click(screen.getByRole("button", { name: "Acknowledge z high" }));
  expect(asked).toHaveBeenCalledWith(
    `/alerts/${encodeURIComponent(`sim-${market} 2`)}/ack`,
    expect.objectContaining({ method: "POST", body: '{"acknowledged":true}' }),
  );
});

test("the sound is that of the gravest whose rule asks for one", () => {
  const event = (severity: AlertEvent["severity"], sound: boolean) => ({
    severity,
    rule: { ...alertRule(), sound },
  });
  expect(loudest([event("info", true), event("warning", true), event("critical", false)])).toBe("warning");
  expect(loudest([event("critical", false)])).toBeNull();
});

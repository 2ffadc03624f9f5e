import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alertEvent, alertRule, clientConfig, T0 } from "@/testing/builders";
import { RulesPage } from "./rules-page";

const at = (path: string) => new URL(path, window.location.origin).toString();
const list = (items: object[], next: number | null = null) =>
  HttpResponse.json({ market: "sim-7", as_of: T0, items, next });
// The topic tells of none of them: both come from the history, a page each.
const server = setupServer(
  http.get(at("/config"), () => HttpResponse.json(clientConfig())),
  http.get(at("/symbols"), () => list([])),
  http.get(at("/alerts"), () => list([alertRule()])),
  http.get(at("/alerts/dead-letters"), () => list([])),
  http.get(at("/alerts/history"), ({ request }) =>
    new URL(request.url).searchParams.has("before") ? list([alertEvent(1)]) : list([alertEvent(2)], 2),
  ),
);

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterAll(() => server.close());
beforeEach(() => localStorage.clear());

function show(address: string) {
  window.history.replaceState(null, "", address);
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RulesPage tools={null} />
    </QueryClientProvider>,
  );
}

test("the evidence of an event on an older page opens", async () => {
  show("/rules");
  await userEvent.click(await screen.findByRole("button", { name: "Older events" }));
  const rows = await screen.findAllByTitle("Explain");
  expect(rows.map(({ dataset }) => dataset.event)).toEqual(["e2", "e1"]);
  await userEvent.click(rows[1] ?? document.body);
  const dialog = await screen.findByRole("dialog", { name: "z high" });
  expect(within(dialog).getByText(/^e1, rule r1/)).toBeVisible();
});

test("of an event that is on no page so far the dialog says where to look", async () => {
  show("/rules?event=e1");
  const dialog = await screen.findByRole("dialog", { name: "Alert" });
  expect(await within(dialog).findByText(/ask for “Older events”/)).toBeVisible();
});

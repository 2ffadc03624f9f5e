import { HttpResponse, http } from "msw";
import type { AlertRuleFields } from "@/api/types";
import { isProblem, type MockAlerts } from "./alerts";

type Fields = Partial<AlertRuleFields>;

function problem(status: number, code: string, detail: string, values: object = {}) {
  const body = { type: `/docs#problem-${code}`, title: "Refused", status, code, detail, request_id: "mock" };
  return HttpResponse.json({ ...body, ...values }, { status });
}

const unknown = () => problem(404, "not_found", "The mock has no such thing.");

/** Answers of /alerts; `told` hears every change of an event. */
export function alertHandlers(alerts: MockAlerts, head: () => object, told: () => void) {
  const saved = (fields: Fields, id: string | null) => {
    const answer = alerts.save(fields, id);
    told();
    if (!isProblem(answer)) return HttpResponse.json(answer);
    return problem(422, "invalid_rule", answer.detail, { pointer: answer.pointer });
  };
  return [
    http.get("/alerts", () => HttpResponse.json({ ...head(), items: alerts.list(), next: null })),
    http.post("/alerts", async ({ request }) => saved((await request.json()) as Fields, null)),
    http.get("/alerts/history", ({ request }) =>
      HttpResponse.json(alerts.history(new URL(request.url).searchParams)),
    ),
    http.get("/alerts/channels", () => HttpResponse.json({ items: [], next: null })),
    http.get("/alerts/dead-letters", () => HttpResponse.json({ items: [], next: null })),
    http.post("/alerts/preview", async ({ request }) => {
      const { rule } = (await request.json()) as { rule: AlertRuleFields };
      return HttpResponse.json(alerts.preview(rule));
    }),
    http.patch<{ id: string }>("/alerts/:id", async ({ request, params }) =>
      alerts.rule(params.id) ? saved((await request.json()) as Fields, params.id) : unknown(),
    ),
    http.delete<{ id: string }>("/alerts/:id", ({ params }) => {
      const removed = alerts.remove(params.id);
      told();
      return removed ? new HttpResponse(null, { status: 204 }) : unknown();
    }),
    http.post<{ id: string }>("/alerts/:id/ack", async ({ request, params }) => {
      const { acknowledged } = (await request.json()) as { acknowledged: boolean };
      const event = alerts.acknowledge(params.id, acknowledged);
      told();
      return event ? HttpResponse.json(event) : unknown();
    }),
  ];
}

import { HttpResponse, http, ws } from "msw";
import { setupWorker } from "msw/browser";
import { socketUrl } from "@/api/endpoints";
import type { BarList } from "@/api/types";
import { alertHandlers } from "./alert-handlers";
import { barsCsv, storedSpans } from "./exports";
import { MockFeed } from "./feed";
import { MockMarket } from "./market";
import { mockSystem } from "./system";

const EVERY_MS = 500;
const PAIR_EVERY_MS = 1000;

const REFUSED = {
  type: "/docs",
  title: "Not available",
  status: 503,
  code: "unavailable",
  detail: "The mock exports bars as CSV and stores nothing: start a server for the rest.",
  request_id: "mock",
};

const NO_RECORDING = {
  type: "/docs#problem-not_found",
  title: "Not found",
  status: 404,
  code: "not_found",
  detail: "only a recording can be paused, hurried and moved",
  request_id: "mock",
};

function missing(what: string) {
  const detail = `The mock has no such ${what}.`;
  const body = { type: "", title: "Not found", status: 404, code: "not_found", detail, request_id: "mock" };
  return HttpResponse.json(body, { status: 404 });
}

type Wanted = { symbols?: string[] };

/** Answers REST and the WebSocket in the page itself: the dashboard without any server (VITE_USE_MOCK=true). */
export async function startMock(): Promise<void> {
  const market = new MockMarket(Date.now());
  const feed = new MockFeed(market);
  const wanted = async (request: Request): Promise<string[]> =>
    ((await request.json().catch(() => ({}))) as Wanted).symbols ?? [];

  const socket = ws.link(socketUrl());
  const listeners = new Set<() => void>();
  const tellAlerts = () => {
    for (const tell of listeners) tell();
  };
  const worker = setupWorker(
    http.get("/auth/session", () =>
      HttpResponse.json({
        required: false,
        kind: "local",
        user: null,
        role: "admin",
        expires_at: null,
        insecure: false,
      }),
    ),
    http.get("/config", () => HttpResponse.json(feed.config())),
    http.get("/symbols", () => HttpResponse.json(feed.symbols())),
    http.get("/simulation/truth", () => HttpResponse.json(feed.truth())),
    http.get("/replay", () => HttpResponse.json(NO_RECORDING, { status: 404 })),
    http.post("/replay", () => HttpResponse.json(NO_RECORDING, { status: 404 })),
    http.get("/stream/status", () => HttpResponse.json(feed.status(0))),
    http.get("/system/status", () => HttpResponse.json(mockSystem(feed.status(0), Date.now()))),
    ...alertHandlers(feed.alerts, () => feed.head, tellAlerts),
    http.get("/analytics/pair", ({ request }) => {
      const pair = feed.pairFor(new URL(request.url).searchParams);
      return pair ? HttpResponse.json(pair) : new HttpResponse(null, { status: 404 });
    }),
    http.get("/data/:symbol/gaps", ({ params }) =>
      HttpResponse.json({ ...feed.head, symbol: params.symbol, items: [], next: null }),
    ),
    http.get("/data/:symbol/stored", ({ params }) =>
      HttpResponse.json(storedSpans(market, String(params.symbol), feed.config().intervals)),
    ),
    http.get("/import", () => HttpResponse.json({ items: [], next: null })),
    http.get("/import/files", () => HttpResponse.json({ items: [], next: null })),
    http.post("/import", () => HttpResponse.json(REFUSED, { status: 503 })),
    http.get("/export/ohlcv", ({ request }) => {
      const query = new URL(request.url).searchParams;
      const symbol = query.get("symbol") ?? "";
      const file = barsCsv(market, symbol, query.get("interval") ?? "1m");
      const name = `${market.name}_${symbol}.csv`;
      return new HttpResponse(file, {
        headers: {
          "content-type": "text/csv",
          "content-disposition": `attachment; filename*=UTF-8''${name}`,
        },
      });
    }),
    http.get("/export", () => HttpResponse.json(REFUSED, { status: 503 })),
    http.get("/export/ticks", () => HttpResponse.json(REFUSED, { status: 503 })),
    http.get("/analytics/scan", ({ request }) => {
      const query = new URL(request.url).searchParams;
      const asked = { interval: query.get("interval") ?? "1m", window: Number(query.get("window") ?? 240) };
      const symbols = (query.get("symbols") ?? "").split(",").filter(Boolean);
      const found = feed.scan({ ...asked, log: query.get("scale") !== "level", symbols, seq: null });
      return found ? HttpResponse.json(found) : missing("interval");
    }),
    http.get("/analytics/lab", ({ request }) => {
      const query = new URL(request.url).searchParams;
      const legs = `${query.get("symbol_a")}-${query.get("symbol_b")}`;
      const rest = `${query.get("interval")}:${query.get("window")}:ols:${query.get("scale")}`;
      const found = feed.lab(`pair:${legs}:${rest}`);
      return found ? HttpResponse.json(found) : missing("pair");
    }),
    http.get("/data/:symbol", ({ params, request }) => {
      const query = new URL(request.url).searchParams;
      const topic = `bars:${params.symbol}:${query.get("interval") ?? "1m"}`;
      const found = feed.snapshot(topic)?.data as BarList | undefined;
      const limit = Number(query.get("limit") ?? 600);
      return found ? HttpResponse.json({ ...found, items: found.items.slice(-limit) }) : missing("symbol");
    }),
    http.post("/stream/start", async ({ request }) => {
      feed.start(await wanted(request));
      return HttpResponse.json(feed.status(0));
    }),
    http.post("/stream/stop", async ({ request }) => {
      feed.stop(await wanted(request));
      return HttpResponse.json(feed.status(0));
    }),
    socket.addEventListener("connection", ({ client }) => {
      const topics = new Set<string>();
      const say = (message: object) => client.send(JSON.stringify({ ...message, time: Date.now() }));
      const push = (topic: string) => {
        const value = feed.snapshot(topic);
        if (value) say({ type: "snapshot", topic, ...value });
        else say({ type: "error", code: "not_found", detail: `The mock has no ${topic}.`, topic });
        return value !== null;
      };
      say({ type: "hello", session: "mock", version: "mock", market: market.name });
      client.addEventListener("message", ({ data }) => {
        const command = JSON.parse(String(data)) as { op: string; topics?: string[] };
        const named = command.topics ?? [];
        if (command.op === "ping") say({ type: "pong" });
        else say({ type: "ack", op: command.op, topics: named });
        for (const topic of named) {
          if (topic === "alerts") toldSeq = feed.alerts.seq;
          if (command.op === "subscribe" && push(topic)) topics.add(topic);
          else topics.delete(topic);
        }
      });
      // Changes of events are told one by one, none twice.
      let toldSeq = 0;
      const tell = () => {
        if (!topics.has("alerts")) return;
        for (const event of feed.alerts.changesAfter(toldSeq)) {
          toldSeq = event.seq;
          const data = { items: [event], next: null };
          say({ type: "update", topic: "alerts", seq: event.seq, news: true, data });
        }
      };
      listeners.add(tell);
      let pairsAt = 0;
      const timer = setInterval(() => {
        market.advance(Date.now());
        const withPairs = Date.now() - pairsAt >= PAIR_EVERY_MS;
        if (withPairs) pairsAt = Date.now();
        if (withPairs) feed.alerts.step();
        tell();
        for (const topic of topics)
          if (topic !== "alerts" && (withPairs || !/^(pair|matrix):/.test(topic))) push(topic);
      }, EVERY_MS);
      client.addEventListener("close", () => {
        clearInterval(timer);
        listeners.delete(tell);
      });
    }),
  );
  await worker.start({ quiet: true, onUnhandledRequest: "bypass" });
}

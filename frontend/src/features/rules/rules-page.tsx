import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo } from "react";
import { deadLettersQuery, rulesQuery } from "@/api/alerts";
import { configQuery, symbolsQuery } from "@/api/queries";
import type { ClientConfig } from "@/api/types";
import { Failure } from "@/components/failure";
import { OfflineNotice } from "@/components/offline-notice";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { Tabs } from "@/components/ui/tabs";
import { plural } from "@/lib/words";
import { useAlerts } from "@/stores/alerts";
import { alerts, socket } from "@/stores/link";
import { navigate, useSearch } from "@/stores/location";
import { useOffline } from "@/stores/offline";
import { useHeld, useWatch } from "@/stores/topics";
import { DeadLettersPanel } from "./dead-letters-panel";
import { EventDialog } from "./event-dialog";
import { eventFilter, eventOf, filterQuery, parseFilter } from "./history-filter";
import { HistoryPanel } from "./history-panel";
import { type Editing, editingKey, RuleEditor } from "./rule-editor";
import { RulesPanel } from "./rules-panel";
import { subjectFor } from "./subject";
import { useHistory } from "./use-history";

const PATH = "/rules";
const NO_RULES: never[] = [];

function address(query: URLSearchParams): string {
  const text = query.toString();
  return text ? `${PATH}?${text}` : PATH;
}

/** Which rule is being written, as the address says. */
function useEditing(search: string): Editing | "none" | "waiting" | "gone" {
  const rules = useQuery(rulesQuery);
  const query = new URLSearchParams(search);
  if (query.has("new")) return { kind: "new", about: search };
  const kind = query.has("edit") ? "edit" : query.has("copy") ? "copy" : null;
  if (kind === null) return "none";
  const rule = rules.data?.items.find(({ id }) => id === query.get(kind));
  if (rule) return { kind, rule };
  return rules.data ? "gone" : "waiting";
}

function Overview({ market, search }: { market: string; search: string }) {
  const rules = useQuery(rulesQuery).data?.items ?? NO_RULES;
  const dead = useQuery(deadLettersQuery).data?.items.length ?? 0;
  const { events, problem } = useAlerts();
  const filter = useMemo(() => parseFilter(search), [search]);
  const query = new URLSearchParams(search);
  const eventId = query.get("event");
  const pages = useHistory(eventFilter(market, filter));
  const event = eventOf(eventId, pages.data?.pages.flatMap(({ items }) => items) ?? [], events);
  const base = filterQuery(filter);
  const open = useCallback((id: string) => {
    const asked = new URLSearchParams(window.location.search);
    asked.set("event", id);
    navigate(address(asked));
  }, []);
  const edit = (id: string) => navigate(`${PATH}?${new URLSearchParams({ edit: id })}`);
  return (
    <>
      {problem && <Failure error={problem} onRetry={() => alerts.retry()} />}
      <RulesPanel
        chosen={query.get("saved")}
        onNew={() => navigate(`${PATH}?new=1`)}
        onEdit={({ id }) => edit(id)}
        onCopy={({ id }) => navigate(`${PATH}?${new URLSearchParams({ copy: id })}`)}
      />
      <section
        aria-label="What happened"
        className="flex min-h-0 flex-col rounded-base border border-line bg-card lg:flex-1"
      >
        <Tabs
          compact
          label="What happened"
          tabs={[
            {
              key: "history",
              title: "History",
              content: (
                <HistoryPanel
                  market={market}
                  filter={filter}
                  pages={pages}
                  rules={rules}
                  onFilter={(next) => navigate(address(filterQuery(next)), "replace")}
                  onOpen={open}
                />
              ),
            },
            {
              key: "dead",
              title: dead > 0 ? `Not delivered (${dead})` : "Not delivered",
              content: (
                <div className="relative min-h-24 lg:absolute lg:inset-0">
                  <DeadLettersPanel />
                </div>
              ),
            },
          ]}
        />
      </section>
      {eventId !== null && (
        <EventDialog
          event={event}
          waiting={pages.isPending}
          onEdit={rules.some(({ id }) => id === event?.rule_id) ? edit : null}
          onClose={() => navigate(address(base))}
        />
      )}
    </>
  );
}

function Body({ config, search }: { config: ClientConfig; search: string }) {
  const status = useHeld("status", "status")?.data ?? null;
  const market = status?.market ?? config.market;
  const symbols = useQuery(symbolsQuery(market));
  const editing = useEditing(search);
  const listed = symbols.data?.items ?? NO_RULES;
  if (editing === "none") return <Overview market={market} search={search} />;
  if (editing === "gone") {
    return (
      <Notice actions={<Button onClick={() => navigate(PATH, "replace")}>All rules</Button>}>
        This rule was deleted.
      </Notice>
    );
  }
  // A new rule begins with symbols that exist.
  if (editing === "waiting" || symbols.isPending) {
    return (
      <div className="relative min-h-40 flex-1">
        <Skeleton label="Asking for the rule…" />
      </div>
    );
  }
  return (
    <>
      {symbols.error && <Failure error={symbols.error} onRetry={() => void symbols.refetch()} />}
      <RuleEditor
        key={editingKey(editing)}
        editing={editing}
        subject={subjectFor(search, config, status, listed)}
        choices={{ symbols: listed, intervals: config.intervals, methods: config.methods }}
        onSaved={({ id }) => navigate(`${PATH}?${new URLSearchParams({ saved: id })}`)}
        onCancel={() => navigate(PATH)}
      />
    </>
  );
}

function Counts() {
  const rules = useQuery(rulesQuery).data?.items;
  if (!rules) return null;
  const firing = rules.filter(({ standing }) => standing === "firing").length;
  const suspended = rules.filter(({ standing }) => standing === "suspended").length;
  return (
    <p className="text-label text-fg-2">
      {firing > 0 ? <span className="text-warn">● {plural(firing, "rule")} firing</span> : "None firing"}
      {suspended > 0 && `, ${suspended} suspended`}
    </p>
  );
}

/** Alert rules: what is watched, what fired and why, and the builder. */
export function RulesPage({ tools }: { tools: ReactNode }) {
  useWatch("status");
  const config = useQuery(configQuery);
  const search = useSearch();
  const offline = useOffline();
  return (
    <div className="flex min-h-dvh flex-col lg:h-dvh">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-2 py-1.5 max-lg:min-h-15 max-lg:content-start">
        <h1 className="text-stat font-semibold max-lg:sr-only">Alert rules</h1>
        <Counts />
        {tools}
      </header>
      <main className="flex min-h-0 flex-1 flex-col gap-1 p-1">
        {offline && (
          <OfflineNotice lifted {...offline} onRetry={() => socket.retryNow()}>
            What you see is the last that came; rules are watched again when it does.
          </OfflineNotice>
        )}
        {config.data ? (
          <Body config={config.data} search={search} />
        ) : config.error ? (
          <Failure error={config.error} onRetry={() => void config.refetch()} />
        ) : (
          <div className="relative min-h-40 flex-1">
            <Skeleton label="Asking the server what it has…" />
          </div>
        )}
      </main>
    </div>
  );
}

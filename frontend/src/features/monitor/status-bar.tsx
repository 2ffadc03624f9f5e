import type { ReactNode } from "react";
import type { ClientConfig, StreamStatus, SymbolStatus } from "@/api/types";
import { StateMark } from "@/components/state-mark";
import { useNow } from "@/components/use-now";
import { count, fixed, zonedTime } from "@/lib/format";
import { isStill, type PageState } from "@/lib/page-states";
import { plural, shortSymbol, sourceName } from "@/lib/words";
import { useLink } from "@/stores/link";
import { useUnheardSince } from "@/stores/page-state";
import { usePreferences } from "@/stores/preferences";

function Item({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
  return (
    <span className="whitespace-nowrap" title={title}>
      <span className="text-fg-3">{name} </span>
      {children}
    </span>
  );
}

// On a wire that is slower than this, a trader's picture is too old to act on.
const SLOW_MS = 500;

/** What is wrong with what comes from the server; nothing while nothing is. */
function Wire() {
  const slow = useLink(({ roundTripMs }) => (roundTripMs ?? 0) >= SLOW_MS);
  const trip = useLink(({ roundTripMs }) => (slow ? roundTripMs : null));
  const unreadable = useLink((link) => link.unreadable);
  return (
    <>
      {trip !== null && (
        <span className="whitespace-nowrap text-warn" data-testid="slow-wire">
          slow line: {fixed(trip, 0)} ms to the server and back
        </span>
      )}
      {unreadable > 0 && (
        <span className="whitespace-nowrap text-warn" data-testid="unreadable">
          {plural(unreadable, "unreadable message")}
        </span>
      )}
    </>
  );
}

function median(values: number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function Detail({ state, legs }: { state: PageState; legs: readonly SymbolStatus[] }) {
  const link = useLink((value) => value.state);
  const now = useNow(link.phase === "offline", 250);
  if (state === "offline" && link.phase === "offline")
    return (
      <span className="text-fg-2">next try in {fixed(Math.max(0, link.retryAt - now) / 1000, 0)} s</span>
    );
  const silent = link.phase === "open" && legs.find((leg) => leg.state === "stale" || leg.state === "halted");
  return silent ? (
    <span className="truncate text-fg-2">
      {shortSymbol(silent.symbol)}: {silent.reason}
    </span>
  ) : null;
}

function Feed({ status, config }: { status: StreamStatus; config: ClientConfig }) {
  const zone = usePreferences((preferences) => preferences.zone);
  const sum = (value: (symbol: SymbolStatus) => number) =>
    status.symbols.reduce((all, one) => all + value(one), 0);
  const lag = median(status.symbols.flatMap(({ latency_ms }) => (latency_ms === null ? [] : [latency_ms])));
  const capacity = config.tick_buffer_size;
  const fullest = Math.max(0, ...status.symbols.map(({ ticks }) => Math.min(ticks, capacity)));
  return (
    <>
      <Item name="feed lag">{lag === null ? "–" : `${fixed(lag, 0)} ms`}</Item>
      <Item name="rate">
        {fixed(
          sum(({ rate }) => rate),
          1,
        )}
        /s
      </Item>
      <Item name="gaps">{count(sum(({ gaps }) => gaps.open))}</Item>
      <Item name="drops" title="Messages quarantined and trades not stored; the System page has both">
        {count(sum(({ quarantined }) => quarantined) + status.journal.dropped_rows)}
      </Item>
      <Item name="buffer">
        {count(fullest)}/{count(capacity)}
      </Item>
      {status.speed !== 1 && status.speed > 0 && <Item name="speed">{fixed(status.speed, 0)}×</Item>}
      <span className="whitespace-nowrap lg:ml-auto">
        {sourceName(status.source)} <span className="text-fg-3">{status.market}</span>
      </span>
      <span className="whitespace-nowrap" data-testid="market-time">
        {zonedTime(status.as_of, "stamp", zone)}
      </span>
    </>
  );
}

type Props = {
  state: PageState;
  status: StreamStatus | null;
  config: ClientConfig;
  /** The symbols that are shown. */
  symbols: readonly string[];
};

/** One line about the feed; its first word is the state of everything above it. */
export function StatusBar({ state, status, config, symbols }: Props) {
  const legs = (status?.symbols ?? []).filter(({ symbol }) => symbols.includes(symbol));
  return (
    <footer className="flex flex-wrap items-center gap-x-4 gap-y-0.5 border-t border-line px-2 py-1 text-label text-fg-2 lg:h-6.5">
      <StateMark state={state} unheardSince={useUnheardSince()} />
      <Detail state={state} legs={legs} />
      <Wire />
      {status && (
        <div className={isStill(state) ? "dimmed contents" : "contents"}>
          <Feed status={status} config={config} />
        </div>
      )}
    </footer>
  );
}

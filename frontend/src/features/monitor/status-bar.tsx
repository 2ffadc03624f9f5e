import type { ReactNode } from "react";
import type { ClientConfig, StreamStatus, SymbolStatus } from "@/api/types";
import { useNow } from "@/components/use-now";
import { count, fixed, zonedTime } from "@/lib/format";
import { plural, sourceName } from "@/lib/words";
import { useLink } from "@/stores/link";
import { usePreferences } from "@/stores/preferences";
import { type PageState, STATE_WORDS } from "./page-state";

const TONES: Record<PageState, string> = {
  live: "text-ok",
  finished: "text-fg",
  stopped: "text-fg",
  paused: "text-fg",
  seeking: "text-fg",
  connecting: "text-warn",
  stale: "text-warn",
  offline: "text-crit",
  unreachable: "text-crit",
  failed: "text-crit",
};
const SHAPES: Record<PageState, string> = {
  live: "●",
  finished: "■",
  stopped: "■",
  paused: "‖",
  seeking: "◌",
  connecting: "◌",
  stale: "▲",
  offline: "✕",
  unreachable: "✕",
  failed: "✕",
};

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

function Detail({ state }: { state: PageState }) {
  const link = useLink((value) => value.state);
  const waiting = link.phase === "offline" || link.phase === "stale";
  const now = useNow(waiting, 250);
  if (state === "offline" && link.phase === "offline")
    return (
      <span className="text-fg-2">next try in {fixed(Math.max(0, link.retryAt - now) / 1000, 0)} s</span>
    );
  if (link.phase === "stale")
    return <span className="text-fg-2">last word {fixed((now - link.lastMessageAt) / 1000, 0)} s ago</span>;
  return null;
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

type Props = { state: PageState; status: StreamStatus | null; config: ClientConfig };

/** One line about the feed; its first word is the state of everything above it. */
export function StatusBar({ state, status, config }: Props) {
  return (
    <footer className="flex flex-wrap items-center gap-x-4 gap-y-0.5 border-t border-line px-2 py-1 text-label text-fg-2 lg:h-6.5">
      <span role="status" data-testid="state" data-state={state} className={`font-semibold ${TONES[state]}`}>
        <span aria-hidden>{SHAPES[state]} </span>
        {STATE_WORDS[state]}
      </span>
      <Detail state={state} />
      <Wire />
      {status && <Feed status={status} config={config} />}
    </footer>
  );
}

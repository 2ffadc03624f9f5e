import type { Connection } from "@/api/types";
import { Panel } from "@/components/ui/panel";
import { count, type TimeZone, zonedTime } from "@/lib/format";
import { plural } from "@/lib/words";

const TONES: Record<Connection["state"], string> = {
  open: "text-ok",
  connecting: "text-warn",
  waiting: "text-warn",
  closed: "text-fg-2",
};
const SHAPES: Record<Connection["state"], string> = {
  open: "●",
  connecting: "◌",
  waiting: "▲",
  closed: "■",
};

function Line({ connection, zone }: { connection: Connection; zone: TimeZone }) {
  const { id, state, since, streams, messages, reconnects, retry_at, last_error } = connection;
  return (
    <li className="border-t border-line px-2 py-1 first:border-t-0" data-connection={id}>
      <div className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">{id}</span>
        <span className={TONES[state]}>
          <span aria-hidden>{SHAPES[state]} </span>
          {state}
        </span>
        <span className="ml-auto text-label text-fg-2">since {zonedTime(since, "second", zone)}</span>
      </div>
      <div className="text-label text-fg-2">
        {plural(streams, "stream")}, {count(messages)} messages, {plural(reconnects, "reconnect")}
        {retry_at !== null && <>, next try {zonedTime(retry_at, "second", zone)}</>}
      </div>
      {last_error !== null && <div className="text-label break-words text-warn">{last_error}</div>}
    </li>
  );
}

/** The connections to the exchange, each with its state and what ended it last. */
export function ConnectionsPanel({
  connections,
  zone,
}: {
  connections: readonly Connection[];
  zone: TimeZone;
}) {
  return (
    <Panel title="Connections" className="lg:min-h-24 lg:flex-6">
      {connections.length === 0 ? (
        <p className="p-3 text-fg-2">
          None: a recording is read from a file, and what is stopped needs none.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        <section aria-label="List of connections" tabIndex={0} className="max-h-full overflow-auto">
          <ul>
            {connections.map((connection) => (
              <Line key={connection.id} connection={connection} zone={zone} />
            ))}
          </ul>
        </section>
      )}
    </Panel>
  );
}

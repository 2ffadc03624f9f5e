import type { Journal } from "@/api/types";
import { Panel } from "@/components/ui/panel";
import { ABSENT, count, fixed } from "@/lib/format";

const WORDS: Record<Journal["state"], { shape: string; tone: string; text: string }> = {
  ok: { shape: "●", tone: "text-ok", text: "Trades are stored" },
  behind: { shape: "▲", tone: "text-warn", text: "Storing is behind" },
  failing: { shape: "✕", tone: "text-crit", text: "Trades are not being stored" },
  off: { shape: "■", tone: "text-fg-2", text: "This market is not stored" },
};

function Fact({ name, field, children }: { name: string; field: string; children: string }) {
  return (
    <div className="flex justify-between gap-3">
      <dt className="text-fg-2">{name}</dt>
      <dd data-field={field}>{children}</dd>
    </div>
  );
}

/** Whether trades reach the disk, and how far behind the wire. */
export function JournalPanel({ journal }: { journal: Journal }) {
  const { shape, tone, text } = WORDS[journal.state];
  return (
    <Panel title="Journal" className="shrink-0">
      <div className="flex flex-col gap-1 px-2 py-1.5">
        <p className={`font-semibold ${tone}`} data-testid="journal" data-state={journal.state}>
          <span aria-hidden>{shape} </span>
          {text}
        </p>
        {journal.reason && <p className="text-label break-words text-fg-2">{journal.reason}</p>}
        <dl className="flex flex-col gap-0.5">
          <Fact name="Behind the wire" field="lag_ms">
            {journal.lag_ms === null ? ABSENT : `${fixed(journal.lag_ms, 0)} ms`}
          </Fact>
          <Fact name="Waiting" field="pending_rows">
            {count(journal.pending_rows)}
          </Fact>
          <Fact name="Stored since the start" field="committed_rows">
            {count(journal.committed_rows)}
          </Fact>
          <Fact name="Not stored, listed as holes" field="dropped_rows">
            {count(journal.dropped_rows)}
          </Fact>
        </dl>
      </div>
    </Panel>
  );
}

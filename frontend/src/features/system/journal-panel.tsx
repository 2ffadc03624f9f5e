import type { Journal } from "@/api/types";
import { Panel } from "@/components/ui/panel";
import { ABSENT, count, fixed } from "@/lib/format";
import { Fact, Value } from "./fact";

const WORDS: Record<Journal["state"], { shape: string; tone: string; text: string }> = {
  ok: { shape: "●", tone: "text-ok", text: "Trades are stored" },
  behind: { shape: "▲", tone: "text-warn", text: "Storing is behind" },
  failing: { shape: "✕", tone: "text-crit", text: "Trades are not being stored" },
  off: { shape: "■", tone: "text-fg-2", text: "This market is not stored" },
};

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
          <Fact name="Behind the wire">
            <Value field="lag_ms">
              {journal.lag_ms === null ? ABSENT : `${fixed(journal.lag_ms, 0)} ms`}
            </Value>
          </Fact>
          <Fact name="Waiting">
            <Value field="pending_rows">{count(journal.pending_rows)}</Value>
          </Fact>
          <Fact name="Stored since the start">
            <Value field="committed_rows">{count(journal.committed_rows)}</Value>
          </Fact>
          <Fact name="Not stored, listed as holes">
            <Value field="dropped_rows">{count(journal.dropped_rows)}</Value>
          </Fact>
        </dl>
      </div>
    </Panel>
  );
}

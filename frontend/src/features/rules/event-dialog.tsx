import type { ReactNode } from "react";
import type { AlertEvent, AlertEvidence } from "@/api/types";
import { SeverityMark } from "@/components/severity";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import {
  comparisonText,
  eventText,
  groupText,
  metricName,
  metricValue,
  plainNumber,
  subjectText,
} from "@/lib/alert-words";
import { ABSENT, duration, type TimeZone, zonedTime } from "@/lib/format";
import { acknowledgeEvent } from "@/stores/alerts";
import { usePreferences } from "@/stores/preferences";
import { qualityText } from "./history-csv";

const ENDS: Record<string, string> = {
  cleared: "its rule re-armed",
  edited: "its rule was edited",
  disabled: "its rule was switched off",
  expired: "its rule expired",
  deleted: "its rule was deleted",
};

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex gap-2">
      <dt className="w-24 shrink-0 text-fg-2">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function holding({ holds, note }: AlertEvidence): { text: string; tone: string } {
  if (holds === null) return { text: `unknown: ${note}`, tone: "text-warn" };
  return holds ? { text: "held", tone: "text-ok" } : { text: "did not hold", tone: "text-fg-2" };
}

function Evidence({ evidence, zone }: { evidence: AlertEvidence; zone: TimeZone }) {
  const { condition, value, unit, held_since, bar_time, revision, trades, quality } = evidence;
  const { text, tone } = holding(evidence);
  const at = (ms: number) => zonedTime(ms, "stamp", zone);
  const bars = qualityText(quality);
  return (
    <li className="rounded-base border border-line p-2" data-pointer={evidence.pointer}>
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium">
          {metricName(condition.metric)} {comparisonText(condition)}
        </span>
        <span className="text-fg-2">{subjectText(condition)}</span>
        <span className={`ml-auto ${tone}`}>{text}</span>
      </p>
      <dl className="mt-1 text-label">
        <Fact name="Value">
          <span data-field="value" data-value={value ?? "null"}>
            {metricValue(condition.metric, value)}
          </span>{" "}
          <span className="text-fg-2">{unit}</span>
        </Fact>
        {held_since !== null && <Fact name="Held since">{at(held_since)}</Fact>}
        <Fact name="Newest bar">
          {bar_time === null ? `${ABSENT} (read from the trades)` : `${at(bar_time)}, revision ${revision}`}
        </Fact>
        {bars && <Fact name="Bars">{bars}</Fact>}
        {trades.length > 0 && (
          <Fact name="Trades">
            {trades.map(({ symbol, first_id, last_id }) => `${symbol} ${first_id} to ${last_id}`).join(", ")}
          </Fact>
        )}
      </dl>
    </li>
  );
}

type Props = {
  event: AlertEvent | null;
  /** The history is still being asked for. */
  waiting: boolean;
  onEdit: ((id: string) => void) | null;
  onClose: () => void;
};

/** Why an alert fired: the rule as it was, and of each condition the value, the bar and the data behind it. */
export function EventDialog({ event, waiting, onEdit, onClose }: Props) {
  const zone = usePreferences((preferences) => preferences.zone);
  if (event === null) {
    return (
      <Dialog title="Alert" description="Why it fired" size="sheet" onClose={onClose}>
        <p className="p-3 text-fg-2">
          {waiting
            ? "Looking for the event in the history…"
            : "The events that the history lists so far do not hold this one: close this, take its filter away or ask for “Older events”, and open it there."}
        </p>
      </Dialog>
    );
  }
  const { rule, ended_at, ended_because, acknowledged_at } = event;
  const fired = zonedTime(event.time, "stamp", zone);
  const ended =
    ended_at === null
      ? "firing now"
      : `lasted ${duration((ended_at - event.time) / 1000)}, until ${ENDS[ended_because ?? ""] ?? ended_because}`;
  return (
    <Dialog
      title={rule.name}
      description={`Fired ${fired}, ${ended}`}
      size="sheet"
      actions={
        <Button needs="operator" onClick={() => acknowledgeEvent(event.id, acknowledged_at === null)}>
          {acknowledged_at === null ? "Acknowledge" : "Not seen after all"}
        </Button>
      }
      onClose={onClose}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section aria-label="Evidence" tabIndex={0} className="flex flex-col gap-2 overflow-auto p-3">
        <p className="break-words">
          <SeverityMark severity={event.severity} /> <span title={event.reason}>{eventText(event)}</span>
        </p>
        <ul className="flex flex-col gap-1.5">
          {event.evidence.map((evidence) => (
            <Evidence key={evidence.pointer} evidence={evidence} zone={zone} />
          ))}
        </ul>
        <dl className="text-label">
          <Fact name="Rule then">{groupText(rule.when)}</Fact>
          {rule.rearm !== null && <Fact name="Re-arms at">{plainNumber(rule.rearm)}</Fact>}
          {rule.cooldown_s > 0 && <Fact name="Cool-down">{duration(rule.cooldown_s)}</Fact>}
          <Fact name="Acknowledged">
            {acknowledged_at === null ? "not yet" : zonedTime(acknowledged_at, "stamp", zone)}
          </Fact>
          <Fact name="Market">{event.market}</Fact>
          <Fact name="Event">
            {event.id}, rule {event.rule_id} revision {event.rule_revision}
          </Fact>
        </dl>
        {onEdit && (
          <div>
            <Button size="small" onClick={() => onEdit(event.rule_id)}>
              Edit the rule
            </Button>
          </div>
        )}
      </section>
    </Dialog>
  );
}

import { Copy, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { AlertRule } from "@/api/types";
import { SeverityMark } from "@/components/severity";
import { Button } from "@/components/ui/button";
import { Popover } from "@/components/ui/popover";
import { Switch } from "@/components/ui/switch";
import { groupText, plainNumber } from "@/lib/alert-words";
import { duration, type TimeZone, zonedTime } from "@/lib/format";
import { STANDINGS } from "./standings";

export type RuleActions = {
  onEdit: (rule: AlertRule) => void;
  onCopy: (rule: AlertRule) => void;
  onDelete: (rule: AlertRule) => void;
  onEnable: (rule: AlertRule, enabled: boolean) => void;
};

function Delete({ rule, onDelete }: { rule: AlertRule; onDelete: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      label={`Delete ${rule.name}`}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="ghost" size="tool" needs="operator" aria-label={`Delete ${rule.name}`} title="Delete">
          <Trash2 aria-hidden className="size-3.5" />
        </Button>
      }
    >
      <div className="flex w-64 flex-col gap-2 p-3">
        <p className="break-words">
          Delete “{rule.name}”? <span className="text-fg-2">Its history stays.</span>
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Keep</Button>
          <Button
            look="primary"
            onClick={() => {
              setOpen(false);
              onDelete();
            }}
          >
            Delete
          </Button>
        </div>
      </div>
    </Popover>
  );
}

function details(
  { rearm, cooldown_s, once, channels, sound, expires_at }: AlertRule,
  zone: TimeZone,
): string {
  return [
    rearm === null ? null : `re-arms at ${plainNumber(rearm)}`,
    cooldown_s ? `cool-down ${duration(cooldown_s)}` : null,
    once ? "once only" : null,
    channels.length > 0 ? `tells ${channels.join(", ")}` : null,
    sound ? "sound" : null,
    expires_at === null ? null : `expires ${zonedTime(expires_at, "stamp", zone)}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

type Props = RuleActions & { rule: AlertRule; zone: TimeZone; isChosen: boolean; isBusy: boolean };

/** A rule, where it stands, and what can be done with it. */
export function RuleLine({ rule, zone, isChosen, isBusy, onEdit, onCopy, onDelete, onEnable }: Props) {
  const { word, shape, tone } = STANDINGS[rule.standing];
  const more = details(rule, zone);
  return (
    <li
      data-rule={rule.id}
      data-standing={rule.standing}
      className={`flex flex-wrap items-start gap-x-3 gap-y-0.5 border-t border-line px-2 py-1.5 first:border-t-0 ${isChosen ? "bg-raised" : ""}`}
    >
      <span className={`w-28 shrink-0 leading-6 ${tone}`}>
        <span aria-hidden>{shape} </span>
        {word}
      </span>
      <div className="min-w-0 flex-1 basis-72 max-sm:order-last max-sm:basis-full">
        <div className="flex flex-wrap items-baseline gap-x-2">
          <button
            type="button"
            onClick={() => onEdit(rule)}
            className="min-h-6 min-w-0 truncate text-left font-medium text-leg-a underline-offset-2 hover:underline"
          >
            {rule.name}
          </button>
          <span className="text-label">
            <SeverityMark severity={rule.severity} />
          </span>
        </div>
        <p className="break-words text-fg-2">{groupText(rule.when)}</p>
        {more && <p className="text-label break-words text-fg-3">{more}</p>}
        {rule.reason !== null && (
          <p
            className={`text-label break-words ${rule.standing === "suspended" ? "text-warn" : "text-fg-2"}`}
          >
            {rule.reason}
          </p>
        )}
      </div>
      <span className="w-52 shrink-0 text-label leading-6 whitespace-nowrap text-fg-2 max-sm:hidden">
        {rule.fired_at === null ? "Not fired yet" : `Last fired ${zonedTime(rule.fired_at, "stamp", zone)}`}
      </span>
      <span className="ml-auto flex shrink-0 items-center gap-0.5">
        <Switch
          label={`${rule.name} enabled`}
          on={rule.enabled}
          needs="operator"
          disabled={isBusy}
          onChange={(on) => onEnable(rule, on)}
        />
        <Button
          look="ghost"
          size="tool"
          aria-label={`Edit ${rule.name}`}
          title="Edit"
          onClick={() => onEdit(rule)}
        >
          <Pencil aria-hidden className="size-3.5" />
        </Button>
        <Button
          look="ghost"
          size="tool"
          needs="operator"
          aria-label={`Duplicate ${rule.name}`}
          title="Duplicate"
          onClick={() => onCopy(rule)}
        >
          <Copy aria-hidden className="size-3.5" />
        </Button>
        <Delete rule={rule} onDelete={() => onDelete(rule)} />
      </span>
    </li>
  );
}

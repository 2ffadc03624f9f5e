import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "@/api/alerts";
import type { Severity } from "@/api/types";
import { usePreferences } from "@/stores/preferences";
import type { RuleDraft } from "./draft";
import { CheckField, ChoiceField, NumberField, TextField } from "./fields";
import { useRuleForm } from "./form";

const SEVERITIES = [
  { value: "info", label: "Info" },
  { value: "warning", label: "Warning" },
  { value: "critical", label: "Critical" },
];

type Props = { draft: RuleDraft; onChange: (part: Partial<RuleDraft>) => void };

function Channels({ draft, onChange }: Props) {
  const { prefix, problemOf } = useRuleForm();
  const named = useQuery(channelsQuery).data?.items ?? [];
  // A webhook's address is a channel too, and stays when the rule is edited here.
  const offered = [...named, ...draft.channels.filter((channel) => !named.includes(channel))];
  const problem = problemOf("channels");
  const toggle = (channel: string, on: boolean) =>
    onChange({
      channels: on ? [...draft.channels, channel] : draft.channels.filter((each) => each !== channel),
    });
  return (
    <fieldset
      id={`${prefix}-channels`}
      aria-describedby={problem ? `${prefix}-channels-problem` : undefined}
      className="flex flex-wrap items-center gap-x-3"
    >
      <legend className="float-left mr-3 text-label leading-7 text-fg-2">Also tell</legend>
      {offered.map((channel) => (
        <CheckField
          key={channel}
          label={channel.length > 40 ? `${channel.slice(0, 40)}…` : channel}
          title={channel}
          checked={draft.channels.includes(channel)}
          onChange={(on) => toggle(channel, on)}
        />
      ))}
      {offered.length === 0 && (
        <span className="leading-7 text-fg-2">
          only this page: <code>ALERT_CHANNELS</code> in the server’s settings names webhooks and chats
        </span>
      )}
      {problem && (
        <p id={`${prefix}-channels-problem`} className="basis-full text-label text-crit">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

/** How often a rule may fire, how grave it is, and whom it tells. */
export function RuleOptions({ draft, onChange }: Props) {
  const muted = !usePreferences((preferences) => preferences.sound);
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-start gap-x-2 gap-y-1.5">
        <ChoiceField
          id="severity"
          label="Severity"
          width="w-28"
          value={draft.severity}
          choices={SEVERITIES}
          onChange={(severity) => onChange({ severity: severity as Severity })}
        />
        <NumberField
          id="rearm"
          label="Re-arms at"
          hint="or empty"
          width="w-30"
          value={draft.rearm}
          onChange={(rearm) => onChange({ rearm })}
        />
        <NumberField
          id="cooldown"
          label="Cool-down"
          hint="s, or empty"
          width="w-36"
          value={draft.cooldown}
          onChange={(cooldown) => onChange({ cooldown })}
        />
        <TextField
          id="expires"
          label="Expires"
          hint="UTC, or empty"
          width="w-48"
          type="datetime-local"
          value={draft.expires}
          onChange={(expires) => onChange({ expires })}
        />
      </div>
      <div className="flex flex-wrap gap-x-4">
        <CheckField label="Enabled" checked={draft.enabled} onChange={(enabled) => onChange({ enabled })} />
        <CheckField
          label="Once only"
          title="Fires once, until it is edited or enabled anew"
          checked={draft.once}
          onChange={(once) => onChange({ once })}
        />
        <CheckField
          label={draft.sound && muted ? "Sound (this page is muted: see the bell)" : "Sound"}
          checked={draft.sound}
          onChange={(sound) => onChange({ sound })}
        />
      </div>
      <Channels draft={draft} onChange={onChange} />
    </div>
  );
}

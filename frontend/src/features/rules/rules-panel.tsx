import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { rulesQuery, useDeleteRule, useSaveRule } from "@/api/alerts";
import type { AlertRule } from "@/api/types";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/skeleton";
import { groupText } from "@/lib/alert-words";
import { count } from "@/lib/format";
import { usePreferences } from "@/stores/preferences";
import { say } from "@/stores/toasts";
import { RuleLine } from "./rule-line";

const MOST_SHOWN = 200;
// Below this many nobody needs to search.
const FEW = 8;

function fitting(rules: readonly AlertRule[], typed: string): AlertRule[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return rules.filter((rule) => {
    const text = `${rule.name} ${groupText(rule.when)} ${rule.standing} ${rule.severity}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

type Props = {
  chosen: string | null;
  onNew: () => void;
  onEdit: (rule: AlertRule) => void;
  onCopy: (rule: AlertRule) => void;
};

/** All rules, newest first, with where they stand. */
export function RulesPanel({ chosen, onNew, onEdit, onCopy }: Props) {
  const zone = usePreferences((preferences) => preferences.zone);
  const rules = useQuery(rulesQuery);
  const save = useSaveRule();
  const remove = useDeleteRule();
  const list = useRef<HTMLElement>(null);
  const [typed, setTyped] = useState("");
  const failed = (title: string) => (error: Error) =>
    say({ id: title, tone: "critical", title, detail: error.message });
  const enable = (rule: AlertRule, enabled: boolean) =>
    save.mutate({ id: rule.id, fields: { enabled } }, { onError: failed(`Not changed: ${rule.name}`) });
  const destroy = (rule: AlertRule) =>
    remove.mutate(rule.id, {
      onSuccess: () => {
        say({ id: `deleted-${rule.id}`, tone: "ok", title: `Deleted: ${rule.name}` });
        // Its button is gone, and the focus with it.
        list.current?.focus();
      },
      onError: failed(`Not deleted: ${rule.name}`),
    });
  const all = rules.data?.items;
  const found = all && fitting(all.toReversed(), typed);
  const body = () => {
    if (rules.error && !all) return <Failure error={rules.error} onRetry={() => void rules.refetch()} />;
    if (!all || !found) return <Skeleton label="Asking for the rules…" />;
    if (all.length === 0) {
      return (
        <div className="flex flex-col items-start gap-2 p-3">
          <p className="text-fg-2">
            No rules yet. A rule watches prices and pairs, also while this page is closed.
          </p>
          <Button needs="operator" onClick={onNew}>
            Make the first rule
          </Button>
        </div>
      );
    }
    return (
      <section
        ref={list}
        aria-label="List of rules"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
        className="max-h-full overflow-auto lg:absolute lg:inset-0"
      >
        <ul>
          {found.slice(0, MOST_SHOWN).map((rule) => (
            <RuleLine
              key={rule.id}
              rule={rule}
              zone={zone}
              isChosen={rule.id === chosen}
              isBusy={save.isPending && save.variables.id === rule.id}
              onEdit={onEdit}
              onCopy={onCopy}
              onDelete={destroy}
              onEnable={enable}
            />
          ))}
        </ul>
        {found.length === 0 && <p className="p-3 text-fg-2">No rule fits “{typed}”.</p>}
        {found.length > MOST_SHOWN && (
          <p className="border-t border-line px-2 py-1 text-label text-fg-2">
            The first {MOST_SHOWN} of {count(found.length)}; type to find others.
          </p>
        )}
      </section>
    );
  };
  return (
    <Panel
      title={all ? `Rules (${count(all.length)})` : "Rules"}
      className="max-lg:min-h-32 lg:min-h-0 lg:flex-[1.1]"
      actions={
        <>
          {(all?.length ?? 0) > FEW && (
            <input
              type="search"
              aria-label="Find a rule"
              placeholder="Find"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
              className="h-6 w-40 rounded-base border border-control bg-card px-1.5 text-label"
            />
          )}
          <Button look="ghost" size="small" needs="operator" onClick={onNew}>
            <Plus aria-hidden className="size-3.5" /> New rule
          </Button>
        </>
      }
    >
      {body()}
    </Panel>
  );
}

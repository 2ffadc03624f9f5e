import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { fieldsOf, useSaveRule } from "@/api/alerts";
import { ApiError } from "@/api/http";
import type { AlertRule } from "@/api/types";
import { Failure } from "@/components/failure";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { say } from "@/stores/toasts";
import { fieldAt, problemsOf, ruleDocument } from "./document";
import { draftOf, newCondition, type RuleDraft, type Subject, TEMPLATES } from "./draft";
import { forgetDraft, keepDraft, keptDraft } from "./drafts";
import { TextField } from "./fields";
import { type Choices, type RuleForm, RuleFormProvider } from "./form";
import { GroupBox } from "./group-box";
import { LIMITS } from "./metric-specs";
import { PreviewPanel } from "./preview-panel";
import { RuleOptions } from "./rule-options";
import { changed, countConditions, withMember } from "./tree";

export type Editing = { kind: "new"; about: string } | { kind: "edit" | "copy"; rule: AlertRule };
type Props = {
  editing: Editing;
  subject: Subject;
  choices: Choices;
  onSaved: (rule: AlertRule) => void;
  onCancel: () => void;
};

/** Tells one thing to write from another. */
export function editingKey(editing: Editing): string {
  return editing.kind === "new" ? `new ${editing.about}` : `${editing.kind} ${editing.rule.id}`;
}

function firstDraft(editing: Editing, subject: Subject): RuleDraft {
  if (editing.kind === "new") return (TEMPLATES[0] as (typeof TEMPLATES)[number]).make(subject);
  const draft = draftOf(fieldsOf(editing.rule), subject);
  return editing.kind === "copy" ? { ...draft, name: `${draft.name} (copy)`.slice(0, LIMITS.name) } : draft;
}

type Refused = { field: string | null; text: string; of: RuleDraft };

/** The server's own sentence, at the field that its pointer names. */
function refusalOf(error: Error, draft: RuleDraft): Refused {
  const named = error instanceof ApiError ? error.values.pointer : null;
  const pointer = typeof named === "string" ? named : null;
  const field = pointer === null ? null : fieldAt(draft, pointer);
  const text = pointer ? error.message.replace(`${pointer}: `, "") : error.message;
  return { field, text, of: draft };
}

/** Builds a rule and shows beside it what it would have done. */
export function RuleEditor({ editing, subject, choices, onSaved, onCancel }: Props) {
  const prefix = useId();
  const form = useRef<HTMLFormElement>(null);
  const draftKey = editingKey(editing);
  const [draft, setDraft] = useState(() => keptDraft(draftKey) ?? firstDraft(editing, subject));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const [showings, setShowings] = useState(0);
  const save = useSaveRule();
  const problems = useMemo(() => problemsOf(draft), [draft]);
  // The server's word is of the draft as it was sent.
  const standing = refused?.of === draft ? refused : null;

  const change = (next: RuleDraft) => {
    keepDraft(draftKey, next);
    setDraft(next);
  };
  const inTree = (when: RuleDraft["when"]) => change({ ...draft, when });
  const rules: RuleForm = {
    choices,
    prefix,
    problemOf: (field) =>
      standing?.field === field
        ? standing.text
        : tried || touched.has(field)
          ? (problems.get(field) ?? null)
          : null,
    touch: (field) => setTouched((before) => (before.has(field) ? before : new Set([...before, field]))),
    changeCondition: (key, part) =>
      inTree(changed(draft.when, key, (node) => (node.kind === "condition" ? { ...node, ...part } : node))),
    changeJoin: (key, join) =>
      inTree(changed(draft.when, key, (node) => (node.kind === "group" ? { ...node, join } : node))),
    add: (key, node) => inTree(withMember(draft.when, key, node)),
    remove: (key) => inTree(changed(draft.when, key, () => null)),
    freshCondition: () => newCondition(subject),
    canAdd: countConditions(draft.when) < LIMITS.conditions,
  };
  const showFirstProblem = () => setShowings((before) => before + 1);
  // An effect, since the fields are marked by then.
  useEffect(() => {
    if (showings > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [showings]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problems.size > 0) {
      showFirstProblem();
      return;
    }
    save.mutate(
      { id: editing.kind === "edit" ? editing.rule.id : null, fields: ruleDocument(draft) },
      {
        onSuccess: (rule) => {
          forgetDraft(draftKey);
          say({ id: `saved-${rule.id}`, tone: "ok", title: `Saved: ${rule.name}` });
          onSaved(rule);
        },
        onError: (error) => {
          setRefused(refusalOf(error, draft));
          showFirstProblem();
        },
      },
    );
  };
  const cancel = () => {
    forgetDraft(draftKey);
    onCancel();
  };
  const title = { new: "New rule", edit: "Edit rule", copy: "Copy of a rule" }[editing.kind];
  const isUnplaced = standing !== null && standing.field === null;
  return (
    <div className="grid min-h-0 flex-1 gap-1 lg:grid-cols-[minmax(0,1.1fr)_minmax(0,1fr)]">
      <Panel title={title} className="lg:min-h-0">
        <RuleFormProvider value={rules}>
          <form
            ref={form}
            noValidate
            aria-label={title}
            onSubmit={submit}
            className="flex flex-col lg:absolute lg:inset-0"
          >
            <div className="flex min-h-0 flex-1 flex-col gap-2.5 overflow-auto p-2">
              {editing.kind === "new" && (
                <div className="flex flex-wrap items-center gap-1.5">
                  <span className="text-label text-fg-2">Begin from</span>
                  {TEMPLATES.map((template) => (
                    <Button key={template.key} size="small" onClick={() => change(template.make(subject))}>
                      {template.title}
                    </Button>
                  ))}
                </div>
              )}
              <TextField
                id="name"
                label="Name"
                width="w-full"
                maxLength={LIMITS.name}
                value={draft.name}
                onChange={(name) => change({ ...draft, name })}
              />
              <GroupBox group={draft.when} depth={1} before={0} />
              <RuleOptions draft={draft} onChange={(part) => change({ ...draft, ...part })} />
            </div>
            <div className="flex shrink-0 flex-wrap items-center justify-end gap-2 border-t border-line p-2">
              <div className="min-w-0 flex-1 basis-60">
                {save.error && isUnplaced && <Failure error={save.error} />}
              </div>
              <Button onClick={cancel}>Cancel</Button>
              <Button type="submit" look="primary" needs="operator" disabled={save.isPending}>
                {editing.kind === "edit" ? "Save changes" : "Create rule"}
              </Button>
            </div>
          </form>
        </RuleFormProvider>
      </Panel>
      <PreviewPanel draft={draft} isSound={problems.size === 0} shortest={choices.intervals[0] ?? "1m"} />
    </div>
  );
}

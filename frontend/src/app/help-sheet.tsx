import { Dialog } from "@/components/ui/dialog";
import { usePreferences } from "@/stores/preferences";
import { ALWAYS, SHORTCUTS, type Shortcut } from "./shortcuts";

function Keys({ shortcut }: { shortcut: Shortcut }) {
  return shortcut.keys.map((key, index) => (
    <span key={key}>
      {index > 0 && (
        <span className="px-1 text-fg-3">
          {shortcut.group === "Pages" && ALWAYS.includes(shortcut) ? "or" : "then"}
        </span>
      )}
      <kbd className="rounded-base border border-control bg-raised px-1.5 py-px font-sans text-label">
        {key}
      </kbd>
    </span>
  ));
}

/** All keyboard shortcuts, and the switch for those of a single key. */
export function HelpSheet({ onClose }: { onClose: () => void }) {
  const { singleKeys, setSingleKeys } = usePreferences();
  const all = [...ALWAYS, ...SHORTCUTS];
  const groups = [...new Set(all.map(({ group }) => group))];
  return (
    <Dialog
      size="sheet"
      title="Keyboard shortcuts"
      description="Single keys do nothing while you type in a field"
      onClose={onClose}
    >
      <div className="overflow-y-auto p-3">
        <div className="gap-8 md:columns-2">
          {groups.map((group) => (
            <section key={group} aria-label={group} className="break-inside-avoid pb-3">
              <h3 className="pb-1 text-label font-semibold text-fg-2">{group}</h3>
              <dl>
                {all
                  .filter((shortcut) => shortcut.group === group)
                  .map((shortcut) => (
                    <div key={shortcut.action} className="flex min-h-7 items-center justify-between gap-4">
                      <dt>{shortcut.does}</dt>
                      <dd className="shrink-0">
                        <Keys shortcut={shortcut} />
                      </dd>
                    </div>
                  ))}
              </dl>
            </section>
          ))}
        </div>
        <label className="flex min-h-7 items-center gap-2 border-t border-line pt-2">
          <input
            type="checkbox"
            checked={singleKeys}
            onChange={(event) => setSingleKeys(event.target.checked)}
            className="size-4 accent-primary"
          />
          Single keys are shortcuts
        </label>
      </div>
    </Dialog>
  );
}

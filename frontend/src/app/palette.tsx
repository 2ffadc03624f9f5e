import { CommandList } from "@/components/ui/command-list";
import { Dialog } from "@/components/ui/dialog";
import { type CommandNeeds, commandsFor } from "./commands";

type Props = { needs: CommandNeeds; onClose: () => void };

/** One field to find a pair, a page or an action by a few letters. */
export function Palette({ needs, onClose }: Props) {
  return (
    <Dialog size="palette" title="Commands" description="Pairs, symbols, pages and actions" onClose={onClose}>
      <CommandList
        label="Commands"
        placeholder="A pair, a symbol, a page, an action…"
        commands={commandsFor(needs)}
        onDone={onClose}
      />
    </Dialog>
  );
}

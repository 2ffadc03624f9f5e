import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button } from "./button";

type Props = { title: string; description: string; onClose: () => void; children: ReactNode };

function focused(): HTMLElement | null {
  return document.activeElement instanceof HTMLElement ? document.activeElement : null;
}

/** A modal dialog that is open while it is mounted; Escape and the cross close it. */
export function Dialog({ title, description, onClose, children }: Props) {
  const opener = useRef<HTMLElement | null>(null);
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-scrim" />
        <Radix.Content
          // Without a trigger of its own Radix would leave the focus nowhere.
          onOpenAutoFocus={() => {
            opener.current = focused();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            opener.current?.focus();
          }}
          className="fixed inset-2 z-50 flex flex-col rounded-base border border-line bg-card md:inset-8"
        >
          <header className="flex items-center justify-between gap-2 border-b border-line py-1.5 pr-2 pl-3">
            <div className="min-w-0">
              <Radix.Title className="truncate text-stat font-medium">{title}</Radix.Title>
              <Radix.Description className="truncate text-label text-fg-2">{description}</Radix.Description>
            </div>
            <Radix.Close asChild>
              <Button look="ghost" size="icon" aria-label="Close">
                <X aria-hidden className="size-4" />
              </Button>
            </Radix.Close>
          </header>
          <div className="relative flex min-h-0 flex-1 flex-col">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

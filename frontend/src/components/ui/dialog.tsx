import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button } from "./button";

// The whole window but for a rim; a sheet as high as what it says; a palette, whose title its field says.
const SIZES = {
  full: "inset-2 md:inset-8",
  sheet: "inset-x-2 top-2 mx-auto max-h-[calc(100dvh-1rem)] max-w-2xl md:top-16 md:max-h-[calc(100dvh-8rem)]",
  palette: "inset-x-2 top-2 mx-auto h-[min(28rem,calc(100dvh-1rem))] max-w-xl md:top-24",
};

type Props = {
  title: string;
  description: string;
  size?: keyof typeof SIZES;
  /** Controls at the end of the title's line. */
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
};

function focused(): HTMLElement | null {
  return document.activeElement instanceof HTMLElement ? document.activeElement : null;
}

/** A modal dialog that is open while it is mounted; Escape and the cross close it. */
export function Dialog({ title, description, size = "full", actions, onClose, children }: Props) {
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
          className={`fixed z-50 flex flex-col overflow-hidden rounded-base border border-control bg-card ${SIZES[size]}`}
        >
          <header
            className={
              size === "palette"
                ? "sr-only"
                : "flex shrink-0 items-center gap-2 border-b border-line py-1.5 pr-2 pl-3"
            }
          >
            <div className="min-w-0 flex-1">
              <Radix.Title className="truncate text-stat font-medium">{title}</Radix.Title>
              <Radix.Description className="truncate text-label text-fg-2">{description}</Radix.Description>
            </div>
            {actions}
            {size !== "palette" && (
              <Radix.Close asChild>
                <Button look="ghost" size="icon" aria-label="Close">
                  <X aria-hidden className="size-4" />
                </Button>
              </Radix.Close>
            )}
          </header>
          <div className="relative flex min-h-0 flex-1 flex-col">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

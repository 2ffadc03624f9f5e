import { Popover as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";

type Props = {
  label: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  children: ReactNode;
} & (
  | { trigger: ReactNode; anchor?: never }
  /** Where it hangs, when something else than a button opens it. */
  | { anchor: ReactNode; trigger?: never }
);

/** A small dialog at its trigger; Escape closes it and gives the focus back. */
export function Popover({ trigger, anchor, label, open, onOpenChange, children }: Props) {
  const opener = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {anchor ? (
        <Radix.Anchor asChild>{anchor}</Radix.Anchor>
      ) : (
        <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      )}
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          // Radix gives the focus back to a trigger; an anchor's own control has to be remembered.
          onOpenAutoFocus={() => {
            opener.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            if (!anchor || !(opener.current instanceof HTMLElement)) return;
            event.preventDefault();
            opener.current.focus();
          }}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          className="z-30 rounded-base border border-control bg-card text-body text-fg shadow-lg"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

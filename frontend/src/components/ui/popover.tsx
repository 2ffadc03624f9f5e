import {
  cloneElement,
  type FocusEvent,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
} from "react";
import { createPortal } from "react-dom";

type Trigger = ReactElement<{ onClick?: () => void; "aria-expanded"?: boolean; "aria-haspopup"?: "dialog" }>;
type Props = {
  label: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  children: ReactNode;
} & (
  | { trigger: Trigger; anchor?: never }
  /** Where it hangs, when something else than a button opens it. */
  | { anchor: ReactNode; trigger?: never }
);

const FOCUSABLE =
  "input:not(:disabled), button:not(:disabled), select:not(:disabled), a[href], [tabindex='0']";
const RIM_PX = 8;
const GAP_PX = 4;

type ContentProps = {
  label: string;
  at: RefObject<HTMLElement | null>;
  onClose: () => void;
  children: ReactNode;
};

function Content({ label, at, onClose, children }: ContentProps) {
  const element = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const place = () => {
      const [box, anchor] = [element.current, at.current?.getBoundingClientRect()];
      if (!box || !anchor) return;
      const width = document.documentElement.clientWidth;
      const height = document.documentElement.clientHeight;
      const left = Math.min(anchor.left, width - box.offsetWidth - RIM_PX);
      const top = anchor.bottom + GAP_PX;
      box.style.left = `${Math.max(RIM_PX, left)}px`;
      box.style.top = `${top}px`;
      box.style.maxHeight = `${Math.max(120, height - top - RIM_PX)}px`;
    };
    place();
    window.addEventListener("resize", place);
    // What is loaded after it opened makes it wider.
    const resizes = new ResizeObserver(place);
    if (element.current) resizes.observe(element.current);
    return () => {
      window.removeEventListener("resize", place);
      resizes.disconnect();
    };
  }, [at]);

  useEffect(() => {
    const opener = document.activeElement;
    const box = element.current;
    const anchor = at.current;
    (box?.querySelector<HTMLElement>(FOCUSABLE) ?? box)?.focus();
    const pressed = ({ target }: PointerEvent) => {
      if (target instanceof Node && !box?.contains(target) && !anchor?.contains(target)) close.current();
    };
    document.addEventListener("pointerdown", pressed);
    return () => {
      document.removeEventListener("pointerdown", pressed);
      // Back to where it came from, unless the user went elsewhere.
      const lost = document.activeElement === document.body || box?.contains(document.activeElement);
      if (lost && opener instanceof HTMLElement) opener.focus();
    };
  }, [at]);

  const keyPressed = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  const left = ({ relatedTarget }: FocusEvent) => {
    if (!(relatedTarget instanceof Node)) return;
    if (!element.current?.contains(relatedTarget) && !at.current?.contains(relatedTarget)) onClose();
  };
  return (
    <div
      ref={element}
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={keyPressed}
      onBlur={left}
      className="fixed z-30 overflow-y-auto rounded-base border border-control bg-card text-body text-fg shadow-lg"
    >
      {children}
    </div>
  );
}

/** A small dialog at its trigger; Escape, or a click elsewhere, closes it, and the focus goes back. */
export function Popover({ trigger, anchor, label, open, onOpenChange, children }: Props) {
  const at = useRef<HTMLSpanElement>(null);
  return (
    <>
      <span ref={at} className="inline-flex">
        {trigger
          ? cloneElement(trigger, {
              onClick: () => onOpenChange(!open),
              "aria-expanded": open,
              "aria-haspopup": "dialog",
            })
          : anchor}
      </span>
      {open &&
        createPortal(
          <Content label={label} at={at} onClose={() => onOpenChange(false)}>
            {children}
          </Content>,
          document.body,
        )}
    </>
  );
}

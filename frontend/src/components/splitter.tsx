import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { classNames } from "@/lib/class-names";

const KEY_STEP = 16;

// 24 pixels across, of which 4 are seen. What can be pressed in the head of a panel beside it lies above that.
const REACH = {
  vertical: {
    before: "after:inset-y-0 after:-right-1 after:-left-4",
    after: "after:inset-y-0 after:-right-4 after:-left-1",
  },
  horizontal: {
    before: "after:inset-x-0 after:-top-4.5 after:-bottom-0.5",
    after: "after:inset-x-0 after:-top-1 after:-bottom-4",
  },
};

type Props = {
  label: string;
  /** `vertical` is a line between two columns. */
  orientation: "vertical" | "horizontal";
  /** The size that it sets, in pixels. */
  value: number;
  min: number;
  max: number;
  /** Whether the size is that of what lies after it. */
  after?: boolean;
  /** On which side of the line a hand finds it from further off: where less can be pressed. */
  reach?: "before" | "after";
  onChange: (value: number) => void;
  onReset: () => void;
};

/** A line between two parts of a grid that moves by mouse, touch and arrow keys; a double click resets it. */
export function Splitter(props: Props) {
  const { label, orientation, value, min, max, after = false, reach = "after", onChange, onReset } = props;
  const start = useRef<{ at: number; value: number } | null>(null);
  const vertical = orientation === "vertical";
  const position = (event: PointerEvent) => (vertical ? event.clientX : event.clientY);
  const set = (wanted: number) => onChange(Math.round(Math.min(max, Math.max(min, wanted))));
  const direction = after ? -1 : 1;
  const pressed = (event: KeyboardEvent) => {
    const [less, more] = vertical ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key === less) set(value - direction * KEY_STEP);
    else if (event.key === more) set(value + direction * KEY_STEP);
    else if (event.key === "Home") set(min);
    else if (event.key === "End") set(max);
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an <hr> cannot be moved
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={Math.round(value)}
      aria-valuemin={Math.round(min)}
      aria-valuemax={Math.round(max)}
      title="Drag to resize; double click resets"
      onKeyDown={pressed}
      onDoubleClick={onReset}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = { at: position(event), value };
      }}
      onPointerMove={(event) => {
        if (start.current) set(start.current.value + direction * (position(event) - start.current.at));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onPointerCancel={() => {
        start.current = null;
      }}
      className={classNames(
        "relative z-10 shrink-0 touch-none rounded-base hover:bg-control focus-visible:bg-control",
        vertical ? "w-1 cursor-col-resize" : "h-1 cursor-row-resize",
        "after:absolute after:content-['']",
        REACH[orientation][reach],
      )}
    />
  );
}

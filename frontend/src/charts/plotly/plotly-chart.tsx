import { useEffect, useRef } from "react";
import { PartFailed } from "@/components/part-failed";
import { usePart } from "@/components/use-part";
import { Part } from "@/lib/part";
import type { Figure } from "./figure";

/** Plotly, which is loaded when the first figure is to be drawn. */
const drawing = new Part(() => import("./draw"));

// After a drawing, so many times as long as it took: a long series must not hold up the rest of the page.
const REST = 4;

type Props = { figure: Figure; label: string; full?: boolean };

/** Draws a Plotly figure, updates it in place and frees it when it leaves the page. */
export function PlotlyChart({ figure, label, full = false }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const restsUntil = useRef(0);
  const { value: plotly, failed } = usePart(drawing);

  useEffect(() => {
    const target = element.current;
    if (!plotly || !target) return;
    const draw = async () => {
      const begun = performance.now();
      await plotly.draw(target, figure, full);
      const ended = performance.now();
      restsUntil.current = ended + REST * (ended - begun);
    };
    const timer = setTimeout(() => void draw(), restsUntil.current - performance.now());
    return () => clearTimeout(timer);
  }, [plotly, figure, full]);

  useEffect(() => {
    const target = element.current;
    if (!plotly || !target) return;
    const resizes = new ResizeObserver(() => {
      // A hidden tab has no size, which Plotly refuses.
      if (target.offsetParent !== null) void plotly.resize(target);
    });
    resizes.observe(target);
    return () => {
      resizes.disconnect();
      plotly.dispose(target);
    };
  }, [plotly]);

  if (failed) return <PartFailed onRetry={drawing.load} />;
  return (
    <div className="relative size-full">
      {!plotly && <p className="p-3 text-fg-3">Loading the chart…</p>}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls */}
      <div ref={element} role="group" aria-label={label} className="absolute inset-0" />
    </div>
  );
}

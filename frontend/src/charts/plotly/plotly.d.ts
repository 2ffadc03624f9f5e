declare module "plotly.js/lib/core" {
  import type { Figure } from "@/charts/plotly/figure";

  /** An element with a plot in it, as far as we look at it. */
  export type Plotted = HTMLElement & {
    layout?: { xaxis?: { range?: unknown[]; autorange?: boolean } };
    on?: (event: "plotly_relayout", listener: (change: Record<string, unknown>) => void) => void;
  };
  type Plotly = {
    react(
      element: HTMLElement,
      data: Figure["data"],
      layout: Figure["layout"],
      config: Record<string, unknown>,
    ): Promise<unknown>;
    relayout(element: HTMLElement, change: Record<string, unknown>): Promise<unknown>;
    purge(element: HTMLElement): void;
    register(traces: unknown[]): void;
    Plots: { resize(element: HTMLElement): Promise<unknown> };
  };
  const plotly: Plotly;
  export default plotly;
}

declare module "plotly.js/lib/candlestick" {
  const trace: unknown;
  export default trace;
}

declare module "plotly.js/lib/bar" {
  const trace: unknown;
  export default trace;
}

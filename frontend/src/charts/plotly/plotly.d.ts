declare module "plotly.js/lib/core" {
  import type { Figure } from "@/charts/plotly/figure";

  type Plotly = {
    react(
      element: HTMLElement,
      data: Figure["data"],
      layout: Figure["layout"],
      config: Record<string, unknown>,
    ): Promise<unknown>;
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

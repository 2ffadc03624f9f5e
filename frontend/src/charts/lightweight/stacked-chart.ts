import { createChart, type IChartApi, type MouseEventParams } from "lightweight-charts";
import type { Pane } from "../series";
import { DrawnPane } from "./drawn-pane";
import { chartOptions, type Look } from "./options";

export type StackedChartEvents = {
  /** The time under the crosshair in milliseconds; null when it left the chart. */
  onCrosshair: (time: number | null) => void;
  /** Where each pane's upper edge is, in pixels from the chart's. */
  onLayout: (tops: readonly number[]) => void;
};

/** Bars from the newest one to the right edge, negative in the past, and the width of a bar in pixels. */
export type ChartPosition = { fromNewest: number; barSpacing: number };

// Thousands of bars fit into a panel.
const LEAST_BAR_SPACING_PX = 0.02;

/** One chart of stacked panes with one crosshair. It is updated in place; `dispose` frees it. */
export class StackedChart {
  private readonly chart: IChartApi;
  private readonly panes = new Map<string, DrawnPane>();
  private readonly resizes: ResizeObserver;

  constructor(
    private readonly element: HTMLElement,
    private readonly look: Look,
    private readonly events: StackedChartEvents,
  ) {
    this.chart = createChart(element, chartOptions(look));
    this.chart.subscribeCrosshairMove(this.crosshairMoved);
    this.resizes = new ResizeObserver(() => this.layout());
    this.resizes.observe(element);
  }

  /** Draws a pane; panes stack in the order in which they are first set. */
  setPane(pane: Pane, changedFrom: number | null): void {
    const known = this.panes.get(pane.key);
    if (known) {
      // Setting all rows anew may move the view, which belongs at the newest bar while it is there.
      const scale = this.chart.timeScale();
      const position = changedFrom === null ? scale.scrollPosition() : -1;
      known.set(pane, changedFrom);
      if (position >= 0) scale.scrollToPosition(position, false);
      return;
    }
    const index = this.panes.size;
    const drawn = new DrawnPane(this.chart, index, this.look.theme, this.look.narrow);
    this.panes.set(pane.key, drawn);
    drawn.set(pane, null);
    this.chart.panes()[index]?.setStretchFactor(pane.weight);
    this.layout();
  }

  /** Where the view stands, so that it can be restored on a new chart, which may hold fewer bars of the past. */
  position(): ChartPosition {
    const scale = this.chart.timeScale();
    return { fromNewest: scale.scrollPosition(), barSpacing: scale.options().barSpacing };
  }

  restore({ fromNewest, barSpacing }: ChartPosition): void {
    const scale = this.chart.timeScale();
    scale.applyOptions({ barSpacing });
    scale.scrollToPosition(fromNewest, false);
  }

  /** Brings the whole past into view, however long it is. */
  showAll(): void {
    const scale = this.chart.timeScale();
    scale.applyOptions({ minBarSpacing: LEAST_BAR_SPACING_PX, rightOffset: 0 });
    scale.fitContent();
  }

  showSeconds(shown: boolean): void {
    this.chart.applyOptions({ timeScale: { secondsVisible: shown } });
  }

  dispose(): void {
    this.resizes.disconnect();
    this.chart.unsubscribeCrosshairMove(this.crosshairMoved);
    this.chart.remove();
  }

  private readonly crosshairMoved = (event: MouseEventParams) => {
    this.events.onCrosshair(event.time === undefined ? null : Number(event.time) * 1000);
  };

  private layout(): void {
    // The library lays its panes out in its own next frame.
    requestAnimationFrame(() => {
      const top = this.element.getBoundingClientRect().top;
      const panes = this.chart.panes().map((pane) => pane.getHTMLElement());
      this.events.onLayout(panes.map((pane) => (pane ? pane.getBoundingClientRect().top - top : 0)));
    });
  }
}

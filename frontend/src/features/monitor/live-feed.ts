import type { StackedChart } from "@/charts/lightweight/stacked-chart";
import type { Pane } from "@/charts/series";
import { live } from "@/stores/link";
import {
  correlationPane,
  type Decimals,
  type PaneKey,
  pricePane,
  spreadPane,
  zscorePane,
} from "./pane-models";
import { barsTopic, type PairView, pairTopic } from "./view-state";

/** Carries the stream into the chart without passing through React; `panes` is what is drawn now. */
export class LiveFeed {
  readonly panes = new Map<PaneKey, Pane>();
  private readonly stops: (() => void)[];

  constructor(
    private readonly chart: StackedChart,
    private readonly view: PairView,
    private readonly decimals: Decimals,
    private readonly onDrawn: () => void,
  ) {
    const { a, b, interval } = view;
    this.drawPrice(null);
    this.drawPair(null);
    this.stops = [
      live.listen(barsTopic(a, interval), (changedFrom) => this.drawPrice(changedFrom)),
      live.listen(barsTopic(b, interval), (changedFrom) => this.drawPrice(changedFrom)),
      live.listen(pairTopic(view), (changedFrom) => this.drawPair(changedFrom)),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  private drawPrice(changedFrom: number | null): void {
    const { a, b, interval } = this.view;
    const barsA = live.get("bars", barsTopic(a, interval))?.data ?? null;
    const barsB = live.get("bars", barsTopic(b, interval))?.data ?? null;
    this.draw("price", pricePane(this.view, barsA, barsB, this.decimals), changedFrom);
    this.onDrawn();
  }

  private drawPair(changedFrom: number | null): void {
    const pair = live.get("pair", pairTopic(this.view))?.data ?? null;
    const gaps = this.panes.get("price")?.gaps ?? [];
    this.draw("spread", spreadPane(this.view, pair, gaps), changedFrom);
    this.draw("zscore", zscorePane(this.view, pair, gaps), changedFrom);
    this.draw("correlation", correlationPane(this.view, pair, gaps), changedFrom);
    this.onDrawn();
  }

  private draw(key: PaneKey, pane: Pane, changedFrom: number | null): void {
    this.panes.set(key, pane);
    this.chart.setPane(pane, changedFrom);
  }
}

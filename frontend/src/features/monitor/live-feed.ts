import type { StackedChart } from "@/charts/lightweight/stacked-chart";
import type { Pane } from "@/charts/series";
import { live } from "@/stores/link";
import {
  correlationPane,
  type Decimals,
  type Overlays,
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
    private readonly overlays: Overlays,
    private readonly onDrawn: () => void,
  ) {
    const { a, b, interval } = view;
    this.drawPrice(null);
    this.drawPair(null);
    const bars = [a, b, ...view.compare].map((symbol) => barsTopic(symbol, interval));
    this.stops = [
      ...bars.map((topic) => live.listen(topic, (changedFrom) => this.drawPrice(changedFrom))),
      live.listen(pairTopic(view), (changedFrom) => this.drawPair(changedFrom)),
    ];
  }

  stop(): void {
    for (const stop of this.stops) stop();
  }

  private drawPrice(changedFrom: number | null): void {
    const { a, b, interval, compare } = this.view;
    const bars = (symbol: string) => live.get("bars", barsTopic(symbol, interval))?.data ?? null;
    const others = new Map(compare.map((symbol) => [symbol, bars(symbol)]));
    const data = { a: bars(a), b: bars(b), pair: null, others };
    // What is rebased moves as a whole when its first bar leaves or comes.
    const from = compare.length > 0 ? null : changedFrom;
    this.draw("price", pricePane(this.view, data, this.decimals, this.overlays), from);
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

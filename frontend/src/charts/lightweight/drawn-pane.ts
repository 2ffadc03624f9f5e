import {
  type AutoscaleInfo,
  CandlestickSeries,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  LineStyle,
  type PriceFormatCustom,
  type SeriesMarker,
  type SeriesType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { ChartSeries, Level, Marker, Pane } from "../series";
import type { ChartTheme } from "../theme";
import { GapHatching } from "./gap-hatching";
import { pointsFrom } from "./points";

type Drawn = { api: ISeriesApi<SeriesType>; lastTime: number; firstTime: number; written: string };
// A number that shows how many decimals a format has.
const SAMPLE = 12_345.678_901_23;
// Below this many rows an update in place is cheaper than setting the whole series anew.
const MOST_ROWS_IN_PLACE = 20;
// Room for the legend above and, where there are arrows with letters, for those too.
const PLAIN_MARGINS = { top: 0.26, bottom: 0.1 };
const CANDLE_MARGINS = { top: 0.14, bottom: 0.08 };
// Columns have the foot of the pane to themselves.
const FOOTED_MARGINS = { top: 0.14, bottom: 0.2 };
// A narrow pane's legend has a line for each leg.
const NARROW_FOOTED_MARGINS = { top: 0.26, bottom: 0.2 };
const COLUMN_MARGINS = { top: 0.84, bottom: 0 };
const MARKER_MARGINS = { top: 0.34, bottom: 0.24 };

/** One pane of the chart: keeps its series, levels, markers and hatching in step with a `Pane`. */
export class DrawnPane {
  private readonly series = new Map<string, Drawn>();
  private readonly hatching: GapHatching;
  private markers: ISeriesMarkersPluginApi<Time> | null = null;
  private markerKey = "";
  private levelKey = "";
  private levels: readonly Level[] = [];
  private marked = false;
  private footed = false;

  constructor(
    private readonly chart: IChartApi,
    private readonly index: number,
    private readonly theme: ChartTheme,
    private readonly narrow: boolean,
  ) {
    this.hatching = new GapHatching(theme.control);
  }

  /** Draws what changed since `changedFrom` (milliseconds); null draws all anew. */
  set(pane: Pane, changedFrom: number | null): void {
    const first = this.series.size === 0;
    this.levels = pane.levels;
    this.marked = pane.marked;
    this.footed = pane.series.some((series) => series.kind === "line" && series.style === "columns");
    for (const series of pane.series) {
      if (series.kind === "candles" || series.drawn) this.setSeries(series, pane.step, changedFrom);
    }
    if (first) this.chart.panes()[this.index]?.attachPrimitive(this.hatching);
    this.hatching.set(pane.gaps);
    this.setLevels(pane);
    this.setMarkers(pane);
  }

  private setSeries(series: ChartSeries, step: number, changedFrom: number | null): void {
    const drawn = this.series.get(series.key) ?? this.add(series);
    const written = series.format(SAMPLE);
    if (written !== drawn.written) {
      // Options draw the whole chart anew, so not with every update.
      drawn.api.applyOptions({ priceFormat: priceFormat(series), title: "" });
      drawn.written = written;
    }
    const firstTime = (series.kind === "candles" ? series.candles[0]?.time : series.time[0]) ?? 0;
    const points = pointsFrom(series, changedFrom ?? 0, step);
    const inPlace = changedFrom !== null && points.length <= MOST_ROWS_IN_PLACE && drawn.lastTime > 0;
    // Rows that left at the old end have to leave the chart too, now and then.
    const trimmed = firstTime - drawn.firstTime > 500 * step;
    if (inPlace && !trimmed) {
      for (const point of points) drawn.api.update(point, Number(point.time) < drawn.lastTime);
    } else {
      drawn.api.setData(changedFrom === null ? points : pointsFrom(series, 0, step));
      drawn.firstTime = firstTime;
    }
    drawn.lastTime = Math.max(inPlace ? drawn.lastTime : 0, Number(points.at(-1)?.time ?? 0));
  }

  private add(series: ChartSeries): Drawn {
    const drawn = { api: this.create(series), lastTime: 0, firstTime: 0, written: "" };
    this.series.set(series.key, drawn);
    return drawn;
  }

  private create(series: ChartSeries): ISeriesApi<SeriesType> {
    const { chart, theme } = this;
    if (series.kind === "candles") {
      const { up, down } = theme;
      // Rising bodies are hollow: a shape besides the colour.
      const rising = { upColor: theme.card, borderUpColor: up, wickUpColor: up };
      const falling = { downColor: down, borderDownColor: down, wickDownColor: down };
      // The last price in the leg's own colour: that of a hollow body could not be seen.
      const last = { priceLineColor: theme[series.color] };
      const candles = chart.addSeries(CandlestickSeries, { ...rising, ...falling, ...last }, this.index);
      candles.priceScale().applyOptions({ scaleMargins: this.footedMargins ?? CANDLE_MARGINS });
      return candles;
    }
    if (series.style === "columns") {
      const options = { color: theme[series.color], priceLineVisible: false, lastValueVisible: false };
      const columns = chart.addSeries(HistogramSeries, { ...options, priceScaleId: series.key }, this.index);
      columns.priceScale().applyOptions({ scaleMargins: COLUMN_MARGINS });
      return columns;
    }
    const line = chart.addSeries(
      LineSeries,
      {
        color: theme[series.color],
        lineWidth: 1,
        lineStyle: series.dashed ? LineStyle.Dashed : LineStyle.Solid,
        priceLineVisible: false,
        lastValueVisible: !series.dashed && !series.shares && !(this.narrow && series.axis === "left"),
        crosshairMarkerVisible: !series.dashed,
        priceScaleId: series.axis === "own" ? series.key : series.axis,
        autoscaleInfoProvider: (own: () => AutoscaleInfo | null) => this.withLevels(own()),
      },
      this.index,
    );
    if (series.shares) return line;
    const plain = this.footedMargins ?? PLAIN_MARGINS;
    line.priceScale().applyOptions({ scaleMargins: this.marked ? MARKER_MARGINS : plain });
    return line;
  }

  private get footedMargins(): typeof FOOTED_MARGINS | null {
    if (!this.footed) return null;
    return this.narrow ? NARROW_FOOTED_MARGINS : FOOTED_MARGINS;
  }

  /** Keeps the levels in view: a z-score that stays near 0 must still show how far the entry is. */
  private withLevels(own: AutoscaleInfo | null): AutoscaleInfo | null {
    const values = this.levels.filter((level) => !level.beyond).map((level) => level.value);
    if (values.length === 0 || !own?.priceRange) return own;
    const { minValue, maxValue } = own.priceRange;
    return {
      ...own,
      priceRange: { minValue: Math.min(minValue, ...values), maxValue: Math.max(maxValue, ...values) },
    };
  }

  private setLevels(pane: Pane): void {
    const key = JSON.stringify(pane.levels);
    const api = this.series.get(pane.series[0]?.key ?? "")?.api;
    if (key === this.levelKey || !api) return;
    this.levelKey = key;
    for (const line of api.priceLines()) api.removePriceLine(line);
    for (const level of pane.levels) {
      api.createPriceLine({
        price: level.value,
        color: this.theme[level.color],
        lineStyle: LineStyle.Dashed,
        lineWidth: 1,
        // Labels of four levels, the ticks and the last value would lie on each other.
        axisLabelVisible: false,
        title: "",
      });
    }
  }

  private setMarkers(pane: Pane): void {
    const key = `${pane.markers.length} ${pane.markers[0]?.time} ${pane.markers.at(-1)?.time}`;
    const api = this.series.get(pane.series[0]?.key ?? "")?.api;
    if (key === this.markerKey || !api) return;
    this.markerKey = key;
    this.markers ??= createSeriesMarkers(api, [], { autoScale: false });
    this.markers.setMarkers(pane.markers.map((marker) => drawnMarker(marker, this.theme)));
  }
}

function priceFormat(series: ChartSeries): PriceFormatCustom {
  return { type: "custom", formatter: (value: number) => series.format(value), minMove: 1e-8 };
}

function drawnMarker(marker: Marker, theme: ChartTheme): SeriesMarker<Time> {
  const time = (marker.time / 1000) as UTCTimestamp;
  switch (marker.kind) {
    case "sell":
      return { time, position: "aboveBar", shape: "arrowDown", color: theme.down, text: "S" };
    case "buy":
      return { time, position: "belowBar", shape: "arrowUp", color: theme.up, text: "L" };
    case "exit":
      return { time, position: "inBar", shape: "circle", color: theme["text-3"], text: "X", size: 0.5 };
    case "fired":
      return { time, position: "inBar", shape: "circle", color: theme.warn, size: 0.75 };
  }
}

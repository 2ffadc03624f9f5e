import {
  type ChartOptions,
  ColorType,
  CrosshairMode,
  type DeepPartial,
  LineStyle,
  TickMarkType,
  type Time,
} from "lightweight-charts";
import { time as formatTime, type TimeZone } from "@/lib/format";
import type { ChartTheme } from "../theme";

export type Look = {
  theme: ChartTheme;
  zone: TimeZone;
  narrow: boolean;
  /** Whether a series has the left axis; its room would stay empty else. */
  left?: boolean;
};

function tickMark(zone: TimeZone) {
  return (time: Time, type: TickMarkType): string => {
    const ms = Number(time) * 1000;
    switch (type) {
      case TickMarkType.Year:
      case TickMarkType.Month:
      case TickMarkType.DayOfMonth:
        return formatTime(ms, "date", zone);
      case TickMarkType.Time:
        return formatTime(ms, "minute", zone);
      case TickMarkType.TimeWithSeconds:
        return formatTime(ms, "second", zone);
    }
  };
}

/** Options of a whole chart. `attributionLogo: false` obliges us to the notice and link on the About page. */
export function chartOptions({ theme, zone, narrow, left = true }: Look): DeepPartial<ChartOptions> {
  const axis = { borderColor: theme.line, entireTextOnly: true };
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: theme.card },
      textColor: theme["text-2"],
      fontFamily: theme.font,
      fontSize: 11,
      attributionLogo: false,
      panes: { separatorColor: theme.line, separatorHoverColor: theme.raised, enableResize: false },
    },
    grid: { vertLines: { color: theme.grid }, horzLines: { color: theme.grid } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: theme["text-3"], style: LineStyle.Dashed, labelBackgroundColor: theme.raised },
      horzLine: { color: theme["text-3"], style: LineStyle.Dashed, labelBackgroundColor: theme.raised },
    },
    // Wide enough for all prices: a number of more digits must not move the panes.
    rightPriceScale: { ...axis, minimumWidth: narrow ? 76 : 84 },
    // A phone has no room for a second axis: the legend still gives leg B's price.
    leftPriceScale: { ...axis, visible: !narrow && left, minimumWidth: 72 },
    timeScale: {
      borderColor: theme.line,
      timeVisible: true,
      secondsVisible: false,
      rightOffset: 4,
      barSpacing: 6,
      tickMarkFormatter: tickMark(zone),
    },
    localization: { timeFormatter: (time: Time) => formatTime(Number(time) * 1000, "stamp", zone) },
    handleScroll: { vertTouchDrag: false },
  };
}

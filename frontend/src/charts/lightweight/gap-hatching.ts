import type {
  IPanePrimitive,
  IPanePrimitivePaneView,
  IPrimitivePaneRenderer,
  PaneAttachedParameter,
  Time,
  UTCTimestamp,
} from "lightweight-charts";
import type { GapSpan } from "../series";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];
const SPACING_PX = 6;

/** Hatches the spans of a pane in which no data are known, so that a hole never reads as a quiet market. */
export class GapHatching implements IPanePrimitive<Time> {
  private attachedTo: PaneAttachedParameter<Time> | null = null;
  private spans: readonly GapSpan[] = [];
  private readonly views: IPanePrimitivePaneView[];

  constructor(private readonly color: string) {
    const renderer: IPrimitivePaneRenderer = {
      draw: () => {},
      drawBackground: (target) => this.draw(target),
    };
    this.views = [{ zOrder: () => "bottom", renderer: () => renderer }];
  }

  attached(parameter: PaneAttachedParameter<Time>): void {
    this.attachedTo = parameter;
  }

  detached(): void {
    this.attachedTo = null;
  }

  paneViews(): readonly IPanePrimitivePaneView[] {
    return this.views;
  }

  set(spans: readonly GapSpan[]): void {
    const none = spans.length === 0 && this.spans.length === 0;
    this.spans = spans;
    // To ask for it draws the pane anew.
    if (none) return;
    this.attachedTo?.requestUpdate();
  }

  private draw(target: Target): void {
    const scale = this.attachedTo?.chart.timeScale();
    if (!scale) return;
    const half = scale.options().barSpacing / 2;
    // biome-ignore lint/correctness/useHookAtTopLevel: the library's name for a callback, not a hook
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const span of this.spans) {
        const left = scale.timeToCoordinate((span.from / 1000) as UTCTimestamp);
        const right = scale.timeToCoordinate((span.to / 1000) as UTCTimestamp);
        if (left === null || right === null) continue;
        hatch(context, left - half, right + half, mediaSize.height, this.color);
      }
    });
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  left: number,
  right: number,
  height: number,
  color: string,
): void {
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height; x < right; x += SPACING_PX) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}

import type { GapSpan } from "./series";

type QualifiedBar = { time: number; quality: string };

/** Spans of consecutive bars whose quality is `gap`, or that are missing, in any of the given lists. */
export function gapSpans(lists: readonly (readonly QualifiedBar[])[], step: number): GapSpan[] {
  const times = new Set<number>();
  for (const bars of lists) {
    bars.forEach((bar, index) => {
      if (bar.quality === "gap") times.add(bar.time);
      const previous = bars[index - 1];
      if (previous === undefined) return;
      for (let time = previous.time + step; time < bar.time; time += step) times.add(time);
    });
  }
  return spansOf(
    [...times].sort((a, b) => a - b),
    step,
  );
}

function spansOf(times: readonly number[], step: number): GapSpan[] {
  const spans: GapSpan[] = [];
  for (const time of times) {
    const last = spans.at(-1);
    if (last && time === last.to + step) spans[spans.length - 1] = { ...last, to: time, bars: last.bars + 1 };
    else spans.push({ from: time, to: time, bars: 1 });
  }
  return spans;
}

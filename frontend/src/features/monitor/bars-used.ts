import type { Bar } from "@/api/types";
import { lowerBoundBy } from "@/lib/sorted";

type Span = { start: number; end: number; step: number };
export type UsedBar = {
  time: number;
  a: number | null;
  qualityA: Bar["quality"];
  b: number | null;
  qualityB: Bar["quality"];
};
/** The bars of a span that the page holds, newest first, and how many the span has. */
export type BarsUsed = { rows: readonly UsedBar[]; all: number };

function reader(bars: readonly Bar[]) {
  return (time: number): Pick<Bar, "close" | "quality"> => {
    const bar = bars[lowerBoundBy(bars.length, (index) => bars[index]?.time, time)];
    return bar?.time === time ? bar : { close: null, quality: "gap" };
  };
}

/** A bar that is missing between those held is a gap; what lies before them is not known here. */
export function barsUsed({ start, end, step }: Span, a: readonly Bar[], b: readonly Bar[]): BarsUsed {
  const held = Math.max(a[0]?.time ?? end, b[0]?.time ?? end);
  const [readA, readB] = [reader(a), reader(b)];
  const rows: UsedBar[] = [];
  for (let time = end - step; time >= Math.max(start, held); time -= step) {
    const [ofA, ofB] = [readA(time), readB(time)];
    rows.push({ time, a: ofA.close, qualityA: ofA.quality, b: ofB.close, qualityB: ofB.quality });
  }
  return { rows, all: Math.round((end - start) / step) };
}

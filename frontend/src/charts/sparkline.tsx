type Props = { values: readonly (number | null)[]; width: number; height: number };

const PAD = 1.5;

/** The path of a line through its values, scaled into a box; a hole breaks it. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const x = (index: number) => PAD + (index * (width - 2 * PAD)) / Math.max(1, values.length - 1);
  const y = (value: number) =>
    high === low ? height / 2 : PAD + ((high - value) * (height - 2 * PAD)) / (high - low);
  let pen = "M";
  const parts: string[] = [];
  values.forEach((value, index) => {
    if (value === null) {
      pen = "M";
      return;
    }
    parts.push(`${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
    pen = "L";
  });
  return parts.join("");
}

/** A line without axes, beside the numbers it belongs to. */
export function Sparkline({ values, width, height }: Props) {
  return (
    <svg aria-hidden width={width} height={height} className="inline-block align-middle text-leg-a">
      <path d={sparkPath(values, width, height)} fill="none" stroke="currentColor" strokeWidth={1.25} />
    </svg>
  );
}

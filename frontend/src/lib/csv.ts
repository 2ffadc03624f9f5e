export type CsvCell = string | number | null;

// A spreadsheet takes a text that begins like this for a formula; a number in its own right stays one.
const FORMULA = /^[=+\-@\t\r]/;

function cellText(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "";
  const harmless = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A CSV file: a header line, then one line a row; nothing below. Numbers keep all their digits. */
export function csvText(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map((row) => `${row.map(cellText).join(",")}\n`).join("");
}

/** A moment as files say it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

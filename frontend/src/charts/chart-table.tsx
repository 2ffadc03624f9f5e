import { cellTime, type TimeZone, zoneHead } from "@/lib/format";
import type { ChartTable } from "./table";

// The newest rows; all of them are the file's business.
const MOST_ROWS = 300;

/** A chart's numbers as a table: by time the newest first, by anything else ascending. */
export function ChartTableView({ table, zone }: { table: ChartTable; zone: TimeZone }) {
  const { index } = table;
  const times = index ? table.times.slice(0, MOST_ROWS) : table.times.slice(-MOST_ROWS).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section aria-label={`Data of ${table.title}`} tabIndex={0} className="absolute inset-0 overflow-auto">
      <table className="w-full text-right">
        <thead className="sticky top-0 bg-raised text-label text-fg-2">
          <tr>
            <th scope="col" className="px-3 py-1 text-left font-medium">
              {index?.label ?? `Bar opens, ${zoneHead(zone)}`}
            </th>
            {table.columns.map(({ name, label }) => (
              <th key={name} scope="col" className="px-3 py-1 font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time) => (
            <tr key={time} data-time={time} className="border-t border-line">
              <th scope="row" className="px-3 py-0.5 text-left font-normal whitespace-nowrap text-fg-2">
                {index ? index.text(time) : cellTime(time, "stamp", zone)}
              </th>
              {table.columns.map(({ name, text }) => (
                <td key={name} className="px-3 py-0.5 whitespace-nowrap">
                  {text(time)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.times.length > MOST_ROWS && (
        <p className="border-t border-line px-3 py-1 text-label text-fg-2">
          The {index ? "first" : "newest"} {MOST_ROWS} of {table.times.length} rows; the CSV has all.
        </p>
      )}
    </section>
  );
}

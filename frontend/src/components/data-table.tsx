import type { ReactNode } from "react";
import { classNames } from "@/lib/class-names";

export type Column<Row> = {
  key: string;
  label: string;
  /** What the label means, where it does not say it all. */
  title?: string;
  align?: "left" | "right";
  cell: (row: Row) => ReactNode;
};

type Props<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  rowProps?: (row: Row) => { "aria-selected"?: boolean; className?: string };
};

/** Rows of numbers under fixed heads; the first column names the row. Scrolls inside its own box. */
export function DataTable<Row>({ label, columns, rows, rowKey, rowProps }: Props<Row>) {
  const side = (column: Column<Row>) => (column.align === "left" ? "text-left" : "text-right");
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
    <section aria-label={label} tabIndex={0} className="max-h-full overflow-auto">
      <table className="w-full">
        <thead className="sticky top-0 bg-raised text-label text-fg-2">
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                title={column.title}
                className={classNames("px-2 py-1 font-medium whitespace-nowrap", side(column))}
              >
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const { className, ...rest } = rowProps?.(row) ?? {};
            return (
              <tr key={rowKey(row)} className={classNames("border-t border-line", className)} {...rest}>
                {columns.map((column, index) => {
                  const Cell = index === 0 ? "th" : "td";
                  return (
                    <Cell
                      key={column.key}
                      {...(index === 0 ? { scope: "row" as const } : {})}
                      data-field={column.key}
                      className={classNames("px-2 py-0.5 font-normal whitespace-nowrap", side(column))}
                    >
                      {column.cell(row)}
                    </Cell>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

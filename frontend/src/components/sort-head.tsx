import { ArrowDown, ArrowUp } from "lucide-react";
import { classNames } from "@/lib/class-names";
import type { Sort, SortColumn } from "./sort-table";

type Props<Row> = { columns: readonly SortColumn<Row>[]; sort: Sort; onSort: (sort: Sort) => void };

/** The heads of a table that sorts by each of them; a second click turns the order round. */
export function SortHead<Row>({ columns, sort, onSort }: Props<Row>) {
  return (
    <>
      <colgroup>
        {columns.map(({ key, width }) => (
          <col key={key} style={{ width }} />
        ))}
      </colgroup>
      <thead className="sticky top-0 z-20 bg-raised text-label text-fg-2">
        <tr aria-rowindex={1}>
          {columns.map(({ key, label, title, align, first = "ascending" }, position) => {
            const sorted = sort.key === key ? sort.direction : "none";
            const Arrow = sorted === "descending" ? ArrowDown : ArrowUp;
            const other = sorted === "ascending" ? "descending" : "ascending";
            return (
              <th
                key={key}
                scope="col"
                aria-sort={sorted}
                className={classNames("p-0 font-medium", position === 0 && "sticky left-0 bg-raised")}
              >
                <button
                  type="button"
                  title={title}
                  onClick={() => onSort({ key, direction: sorted === "none" ? first : other })}
                  className={classNames(
                    "flex h-6 w-full items-center gap-0.5 px-2 whitespace-nowrap hover:text-fg -outline-offset-2",
                    align === "left" ? "justify-start" : "justify-end",
                    sorted !== "none" && "font-semibold text-fg",
                  )}
                >
                  {label}
                  <Arrow
                    aria-hidden
                    className={classNames("size-3 shrink-0", sorted === "none" && "invisible")}
                  />
                </button>
              </th>
            );
          })}
        </tr>
      </thead>
    </>
  );
}

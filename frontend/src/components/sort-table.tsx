import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { classNames } from "@/lib/class-names";
import type { Direction, Sortable } from "@/lib/ordering";
import { SortHead } from "./sort-head";
import { useRowWindow } from "./use-row-window";

export type SortColumn<Row> = {
  key: string;
  label: string;
  /** What the label means, where it does not say it all. */
  title?: string;
  align?: "left" | "right";
  /** Pixels; numbers never move it. */
  width: number;
  cell: (row: Row) => ReactNode;
  value: (row: Row) => Sortable;
  /** The direction of the first click. */
  first?: Direction;
};
export type Sort = { key: string; direction: Direction };

type Props<Row> = {
  label: string;
  columns: readonly SortColumn<Row>[];
  /** In the order in which they are shown. */
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** Where the row's link leads, and what follows it without leaving the page. */
  href: (row: Row) => string;
  onOpen: (row: Row) => void;
};

const ROW_PX = 25;
const STEPS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -15, PageDown: 15 };

/**
 * Rows of numbers that sort by every column. Only rows in view are in the page, and the one with the focus: neither
 * focus nor scroll is lost when numbers change. One row at a time is in the tab order; arrow keys move on.
 */
export function SortTable<Row>(props: Props<Row>) {
  const { label, columns, rows, rowKey, sort, onSort, href, onOpen } = props;
  const box = useRef<HTMLElement>(null);
  const [active, setActive] = useState<{ key: string; index: number } | null>(null);
  const { first, last } = useRowWindow(box, rows.length, ROW_PX);
  const found = active ? rows.findIndex((row) => rowKey(row) === active.key) : -1;
  const at = found >= 0 ? found : Math.min(active?.index ?? 0, rows.length - 1);
  const hadFocus = useRef(false);

  const focusRow = (index: number) => {
    const row = rows[index];
    const element = box.current;
    if (!row || !element) return;
    setActive({ key: rowKey(row), index });
    const top = index * ROW_PX;
    const room = element.clientHeight - 2 * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
  };
  // The row that is active takes the focus once it is drawn; when it left, the one in its place does.
  useLayoutEffect(() => {
    if (!hadFocus.current) return;
    const link = box.current?.querySelector<HTMLElement>("[data-active] a");
    if (link && link !== document.activeElement) link.focus({ preventScroll: true });
  });
  const pressed = (event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target.closest("tbody a") : null;
    if (!target) return;
    const step = STEPS[event.key];
    if (event.key === "Home") focusRow(0);
    else if (event.key === "End") focusRow(rows.length - 1);
    else if (step !== undefined) focusRow(Math.max(0, Math.min(rows.length - 1, at + step)));
    else return;
    event.preventDefault();
  };
  const shown = new Set<number>(at >= 0 && rows.length > 0 ? [at] : []);
  for (let index = first; index < last; index += 1) shown.add(index);
  const indexes = [...shown].sort((one, other) => one - other);
  const gap = (from: number, to: number, key: string) =>
    to > from ? (
      <tr key={key} aria-hidden style={{ height: (to - from) * ROW_PX }}>
        <td colSpan={columns.length} />
      </tr>
    ) : null;
  return (
    <section
      ref={box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
      tabIndex={0}
      onKeyDown={pressed}
      onFocus={(event) => {
        hadFocus.current = event.target.closest("tbody a") !== null;
      }}
      onBlur={(event) => {
        // Without a place it went to, the row itself left the page.
        if (event.relatedTarget !== null) hadFocus.current = false;
      }}
      className="h-full overflow-auto [scrollbar-gutter:stable]"
    >
      <table
        className="w-full table-fixed"
        style={{ minWidth: columns.reduce((sum, { width }) => sum + width, 0) }}
        aria-rowcount={rows.length + 1}
      >
        <SortHead columns={columns} sort={sort} onSort={onSort} />
        <tbody>
          {indexes.map((index, place) => {
            const row = rows[index] as Row;
            const key = rowKey(row);
            return [
              gap((indexes[place - 1] ?? -1) + 1, index, `gap-${place}`),
              <tr
                key={key}
                aria-rowindex={index + 2}
                data-row={key}
                {...(index === at ? { "data-active": "" } : {})}
                className="h-[25px] border-t border-line hover:bg-raised has-focus-visible:bg-raised"
              >
                {columns.map((column, position) => {
                  const Cell = position === 0 ? "th" : "td";
                  return (
                    <Cell
                      key={column.key}
                      {...(position === 0 ? { scope: "row" as const } : {})}
                      data-field={column.key}
                      className={classNames(
                        "overflow-hidden px-2 font-normal whitespace-nowrap",
                        column.align === "left" ? "text-left" : "text-right",
                        position === 0 && "sticky left-0 z-10 bg-card",
                      )}
                    >
                      {position > 0 ? (
                        column.cell(row)
                      ) : (
                        <a
                          href={href(row)}
                          tabIndex={index === at ? 0 : -1}
                          onFocus={() => setActive({ key, index })}
                          onClick={(event) => {
                            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                            event.preventDefault();
                            onOpen(row);
                          }}
                          className="flex min-h-6 items-center text-leg-a underline-offset-2 hover:underline -outline-offset-2"
                        >
                          {column.cell(row)}
                        </a>
                      )}
                    </Cell>
                  );
                })}
              </tr>,
            ];
          })}
          {gap((indexes.at(-1) ?? -1) + 1, rows.length, "gap-end")}
        </tbody>
      </table>
    </section>
  );
}

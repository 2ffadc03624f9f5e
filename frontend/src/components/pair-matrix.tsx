import { type KeyboardEvent, useRef, useState } from "react";
import { classNames } from "@/lib/class-names";
import { shortSymbol } from "@/lib/words";

export type MatrixCell = {
  /** What stands in the cell, as short as can be. */
  text: string;
  /** The same for whoever cannot see where the cell stands. */
  says: string;
  /** How strongly it is coloured, 0 to 1, and with which colour. */
  strength: number;
  tone: "leg-a" | "up" | "down";
};

type Props = {
  label: string;
  symbols: readonly string[];
  /** The cell of a row's and a column's symbol; null where the pair has no number. */
  cellOf: (a: string, b: string) => MatrixCell | null;
  onOpen: (a: string, b: string) => void;
};

// More would hide the text, whose contrast has to hold on any strength.
const MOST_COLOUR = 45;
const MOVES: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** All pairs of some symbols as coloured cells: a click or Enter opens one, arrow keys go from cell to cell. */
export function PairMatrix({ label, symbols, cellOf, onOpen }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const [wanted, setWanted] = useState({ row: 1, column: 0 });
  const row = Math.max(1, Math.min(wanted.row, symbols.length - 1));
  const column = Math.min(wanted.column, row - 1);
  const pressed = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const to = Math.max(1, Math.min(symbols.length - 1, row + move[0]));
    const over = Math.max(0, Math.min(to - 1, column + move[1]));
    setWanted({ row: to, column: over });
    table.current?.querySelector<HTMLElement>(`[data-cell="${to}-${over}"]`)?.focus();
  };
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
      tabIndex={0}
      className="h-full overflow-auto p-1"
    >
      <table ref={table} onKeyDown={pressed} className="w-full border-separate border-spacing-px text-label">
        <tbody>
          {symbols.slice(1).map((a, index) => (
            <tr key={a}>
              <th scope="row" className="pr-1 text-left font-medium whitespace-nowrap text-fg-2">
                {shortSymbol(a)}
              </th>
              {symbols.slice(0, index + 1).map((b, over) => {
                const cell = cellOf(a, b);
                const pair = `${shortSymbol(b)} and ${shortSymbol(a)}`;
                return (
                  <td key={b} className="p-0">
                    <button
                      type="button"
                      data-cell={`${index + 1}-${over}`}
                      data-pair={`${b}/${a}`}
                      tabIndex={row === index + 1 && column === over ? 0 : -1}
                      title={`${pair}: ${cell?.says ?? "no number"}`}
                      onFocus={() => setWanted({ row: index + 1, column: over })}
                      onClick={() => onOpen(b, a)}
                      style={
                        cell
                          ? {
                              background: `color-mix(in srgb, var(--${cell.tone}) ${Math.round(cell.strength * MOST_COLOUR)}%, var(--card))`,
                            }
                          : undefined
                      }
                      className={classNames(
                        "flex h-6 w-full min-w-9 items-center justify-center rounded-[2px] px-0.5 hover:outline hover:outline-control",
                        !cell && "bg-raised text-fg-3",
                      )}
                    >
                      <span aria-hidden>{cell?.text ?? "–"}</span>
                      <span className="sr-only">
                        {pair}: {cell?.says ?? "no number"}
                      </span>
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
          <tr aria-hidden>
            <td />
            {symbols.slice(0, -1).map((symbol) => (
              <td key={symbol} className="max-w-9 truncate px-0.5 text-center text-fg-2">
                {shortSymbol(symbol)}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </section>
  );
}

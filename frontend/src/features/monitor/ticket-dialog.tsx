import { type ReactNode, useId, useState } from "react";
import type { SymbolOut } from "@/api/types";
import { Dialog } from "@/components/ui/dialog";
import { Select } from "@/components/ui/select";
import { ABSENT, decimalsFor, fixed, percent, priceDecimals, signed, significant } from "@/lib/format";
import { shortSymbol } from "@/lib/words";
import { useHeld, useWatchAll } from "@/stores/topics";
import { type LegMarket, type Ticket, type TicketInput, type TicketLeg, ticketOf } from "./ticket";
import { barsTopic, type PairView, pairTopic } from "./view-state";

const NOTIONAL = "10000";
// The taker's fee of an ordinary account on Binance USD-M Futures.
const FEE_BPS = "5";
// Of leg B's units: what rounding leaves is the pair's risk no more, but that of one symbol.
const MUCH_LEFT = 0.05;

type LegProps = { symbol: string; interval: string; known: readonly SymbolOut[] | null };

function useLegMarket({ symbol, interval, known }: LegProps): LegMarket {
  const bars = useHeld("bars", barsTopic(symbol, interval))?.data.items;
  const quote = useHeld("quote", `quote:${symbol}`)?.data.latest ?? null;
  const funding = useHeld("funding", `funding:${symbol}`)?.data.latest ?? null;
  return {
    price: bars?.findLast((bar) => bar.close !== null)?.close ?? Number.NaN,
    step: known?.find((item) => item.symbol === symbol)?.step_size ?? 0,
    bid: quote?.bid ?? null,
    ask: quote?.ask ?? null,
    fundingRate: funding?.funding_rate ?? null,
  };
}

/** Which legs' newest quote or funding rate may be out of date, and why. */
function useOutdated(kind: "quote" | "funding", { a, b }: PairView): readonly string[] {
  const held = { [a]: useHeld(kind, `${kind}:${a}`)?.data, [b]: useHeld(kind, `${kind}:${b}`)?.data };
  return [a, b].flatMap((symbol) => {
    const reason = held[symbol]?.stale_reason;
    return reason ? [`${shortSymbol(symbol)}: ${reason}.`] : [];
  });
}

function Row({ name, children, note }: { name: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="grid grid-cols-[1fr_auto] gap-x-4 py-0.5">
      <dt className="text-fg-2">{name}</dt>
      <dd className="text-right">{children}</dd>
      {note && <dd className="col-span-2 text-label text-fg-3">{note}</dd>}
    </div>
  );
}

function Warning({ children }: { children: ReactNode }) {
  return <span className="text-warn">▲ {children}</span>;
}

/** The least that can be traded of a symbol, such as `one step (0.001 BTC = 60.00)`. */
function oneStep(symbol: string, { price, step }: LegMarket): string {
  return `one step (${fixed(step, priceDecimals(step))} ${shortSymbol(symbol)} = ${fixed(step * price, 2)})`;
}

type LegRowProps = { symbol: string; leg: TicketLeg; step: number; note?: ReactNode };

function Leg({ symbol, leg, step, note }: LegRowProps) {
  const none = leg.units === 0;
  return (
    <Row name={`${leg.side === "buy" ? "▲ Buy" : "▼ Sell"} ${symbol}`} note={note}>
      <span className="text-stat font-medium">{none ? ABSENT : fixed(leg.units, priceDecimals(step))}</span>
      {!none && <span className="pl-2 text-fg-2">{fixed(leg.notional, 2)}</span>}
    </Row>
  );
}

function money(value: number | null): string {
  return value === null ? ABSENT : fixed(value, 2);
}

/** Says whose numbers are old; nothing where none is. */
function Outdated({ what, reasons }: { what: string; reasons: readonly string[] }) {
  return reasons.length > 0 && <Warning>{`${what} out of date. ${reasons.join(" ")}`}</Warning>;
}

type CostsProps = { view: PairView; ticket: Ticket; input: TicketInput };

function Costs({ view, ticket, input }: CostsProps) {
  const oldQuotes = useOutdated("quote", view);
  const oldFunding = useOutdated("funding", view);
  const missing = ticket.crossing === null ? "Waiting for both quotes." : undefined;
  const dear = ticket.breakEvenZ !== null && ticket.breakEvenZ > 2 && input.sd !== null;
  return (
    <>
      <Row
        name="Left of β-neutral by rounding"
        note={
          ticket.b.units > 0 &&
          ticket.leftShare > MUCH_LEFT && (
            <Warning>{percent(ticket.leftShare)} of leg B; a larger notional leaves less.</Warning>
          )
        }
      >
        {signed(ticket.left, 2)}
      </Row>
      <Row name="Fees, both legs in and out">{money(ticket.fees)}</Row>
      <Row
        name="Bid-ask spread, both legs in and out"
        note={missing ?? <Outdated what="The quote is" reasons={oldQuotes} />}
      >
        {money(ticket.crossing)}
      </Row>
      <Row
        name="Next funding"
        note={
          ticket.funding === null ? (
            "Waiting for both funding rates."
          ) : oldFunding.length > 0 ? (
            <Outdated what="The rate is" reasons={oldFunding} />
          ) : (
            "Negative is received."
          )
        }
      >
        {ticket.funding === null ? ABSENT : signed(ticket.funding, 2)}
      </Row>
      <Row name="Break-even after fees and bid-ask spread" note="Of what both legs are worth.">
        <span className="text-stat font-medium" data-testid="break-even">
          {ticket.breakEvenBps === null ? ABSENT : `${fixed(ticket.breakEvenBps, 1)} bps`}
        </span>
      </Row>
      <Row name="The same, held over the next funding">
        <span data-testid="break-even-funded">
          {ticket.fundedBps === null ? ABSENT : `${fixed(ticket.fundedBps, 1)} bps`}
        </span>
      </Row>
      <Row
        name="The spread has to move by"
        note={
          dear && (
            <Warning>
              More than two σ of this window: on this interval the costs are larger than the usual move.
            </Warning>
          )
        }
      >
        {significant(ticket.breakEvenSpread, 4)}
        {ticket.breakEvenZ !== null && (
          <span className="pl-2 text-fg-2">
            {fixed(ticket.breakEvenZ, Math.min(2, decimalsFor(ticket.breakEvenZ, 2)))} σ
          </span>
        )}
      </Row>
    </>
  );
}

/** Why there are no units, in one sentence; null where there are. */
function noUnits(
  view: PairView,
  known: readonly SymbolOut[] | null,
  input: TicketInput,
  ticket: Ticket | null,
) {
  if (known === null) return "Waiting for the symbols’ step sizes.";
  if (!(input.a.step > 0)) return `The step size of ${view.a} is not known.`;
  if (!(input.b.step > 0)) return `The step size of ${view.b} is not known.`;
  if (ticket?.a.units !== 0) return null;
  return `${fixed(input.notional, 2)} is below ${oneStep(view.a, input.a)}.`;
}

type Props = { view: PairView; known: readonly SymbolOut[] | null; onClose: () => void };

/** Units of both legs for a notional, and what the trade has to earn before it earns. It places no order. */
export function TicketDialog({ view, known, onClose }: Props) {
  const { a, b, interval } = view;
  useWatchAll([`quote:${a}`, `quote:${b}`, `funding:${a}`, `funding:${b}`]);
  const pair = useHeld("pair", pairTopic(view))?.data ?? null;
  const legA = useLegMarket({ symbol: a, interval, known });
  const legB = useLegMarket({ symbol: b, interval, known });
  const [notional, setNotional] = useState(NOTIONAL);
  const [fee, setFee] = useState(FEE_BPS);
  const [side, setSide] = useState<"buy" | "sell">((pair?.zscore ?? 0) > 0 ? "sell" : "buy");
  const id = useId();
  const numbers = { notional: Number(notional), feeBps: Number(fee) };
  const badNotional = !(numbers.notional > 0) || !Number.isFinite(numbers.notional);
  const badFee = fee.trim() === "" || !(numbers.feeBps >= 0 && numbers.feeBps <= 1000);
  const sound = !badNotional && !badFee;
  const input: TicketInput | null =
    pair?.beta == null || !sound
      ? null
      : { ...numbers, side, beta: pair.beta, scale: pair.scale, sd: pair.sd, a: legA, b: legB };
  const ticket = input && ticketOf(input);
  const why = input && noUnits(view, known, input, ticket);
  const field =
    "h-7 w-28 rounded-base border border-control bg-card px-2 text-right aria-invalid:border-crit";
  return (
    <Dialog
      size="sheet"
      title={`Trade ticket: ${a} against ${b}`}
      description="A calculation at the newest prices; it places no order"
      onClose={onClose}
    >
      <div className="flex flex-col gap-3 overflow-y-auto p-3">
        <div className="flex flex-wrap items-end gap-3">
          <div className="flex flex-col gap-1">
            <label htmlFor={`${id}-notional`} className="text-label text-fg-2">
              Leg A’s notional
            </label>
            <input
              id={`${id}-notional`}
              inputMode="decimal"
              value={notional}
              aria-invalid={badNotional}
              aria-describedby={`${id}-notional-problem`}
              onChange={(event) => setNotional(event.target.value)}
              className={field}
            />
          </div>
          <div className="flex flex-col gap-1">
            <label htmlFor={`${id}-fee`} className="text-label text-fg-2">
              Fee of a fill, bps
            </label>
            <input
              id={`${id}-fee`}
              inputMode="decimal"
              value={fee}
              aria-invalid={badFee}
              aria-describedby={`${id}-fee-problem`}
              onChange={(event) => setFee(event.target.value)}
              className={field}
            />
          </div>
          <Select
            label="Side of the spread"
            value={side}
            options={[
              { value: "sell", label: "Sell the spread" },
              { value: "buy", label: "Buy the spread" },
            ]}
            onChange={(value) => setSide(value === "sell" ? "sell" : "buy")}
          />
        </div>
        <p role="alert" className="-my-1.5 flex min-h-3.5 flex-wrap gap-x-2 text-label text-crit">
          <span id={`${id}-notional-problem`}>{badNotional && "The notional is a number above 0."}</span>
          <span id={`${id}-fee-problem`}>{badFee && "The fee is a number of basis points, from 0."}</span>
        </p>
        {pair?.stale_reason && (
          <p className="text-label">
            <Outdated what="The prices are" reasons={[`${pair.stale_reason}.`]} />
          </p>
        )}
        {input && ticket && !why ? (
          <dl className="m-0">
            <Leg symbol={a} leg={ticket.a} step={legA.step} />
            <Leg
              symbol={b}
              leg={ticket.b}
              step={legB.step}
              note={
                ticket.b.units === 0 && (
                  <Warning>Leg A would stand alone: leg B is below half of {oneStep(b, legB)}.</Warning>
                )
              }
            />
            <Row name="Hedge ratio β">{significant(input.beta, 6)}</Row>
            <Costs view={view} ticket={ticket} input={input} />
          </dl>
        ) : (
          sound && <p className="text-fg-2">{why ?? pair?.reason ?? "Waiting for prices and the fit."}</p>
        )}
      </div>
    </Dialog>
  );
}

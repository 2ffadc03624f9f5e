"""Which streams are alive: each against its own usual rate, its twin on another connection, and the exchange's word.

No clock, no socket: times are arguments, in market seconds that never go backwards. What to do about a silent stream
comes back as data: symbols to ask the exchange about, streams to ask for again, connections to replace.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["waiting", "live", "quiet", "stalled", "unknown"]

DAY_S = 86_400.0
LULLS = 2.0
"""Silence of so many times the longest lull of late is unusual, also where trades come in bursts."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When silence is worth a question, in seconds unless said otherwise."""

    least_s: float = 5.0
    usual_gaps: float = 6.0  # silence of so many usual gaps between trades is suspicious
    hush_s: float = (
        0.3  # from here on silence can be unusual, though not worth a question yet: bars close so late
    )
    most_s: float = 60.0
    first_s: float = 5.0  # from the subscription to the first trade, where no usual rate is known
    twin_s: float = 3.0  # behind another connection
    settle_s: float = 1.0  # for trades under way while the exchange was asked
    remedy_s: float = 10.0  # from one remedy for a stream to the next; doubles
    again_s: float = 5.0  # from one question about a symbol to the next; doubles while the exchange agrees
    again_most_s: float = 300.0
    memory_s: float = 120.0  # how far back the usual rate looks
    questions_a_minute: float = 40.0

    def at_speed(self, speed: float, *, floor_s: float = 0.2) -> "Patience":
        """Return the same with no bound shorter than `floor_s` real seconds: the machine's hiccups do not scale."""
        low = speed * floor_s
        names = ("least_s", "hush_s", "first_s", "twin_s", "settle_s", "remedy_s", "again_s")
        raised = {name: max(getattr(self, name), low) for name in names}
        return Patience(**{name: raised.get(name, getattr(self, name)) for name in self.__slots__})


class UsualRate:
    """Trades a second over the last minutes, as of the newest: silence does not lower what was usual."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._weight = 0.0
        self._first_s: float | None = None
        self._last_s = 0.0
        self._lulls_s = (0.0, 0.0)  # the longest of the span before this one, and of this one
        self._span_ends_s = 0.0

    def add(self, trades: int, now_s: float, *, nothing_lost: bool = True) -> None:
        """Count trades; `nothing_lost` tells that the silence before them was the market's own."""
        if self._first_s is None:
            self._first_s = self._last_s = now_s
            return  # the first one begins the count
        if now_s >= self._span_ends_s:
            self._lulls_s, self._span_ends_s = (self._lulls_s[1], 0.0), now_s + self._memory_s
        if nothing_lost:
            self._lulls_s = (self._lulls_s[0], max(self._lulls_s[1], now_s - self._last_s))
        self._weight = self._weight * math.exp((self._last_s - now_s) / self._memory_s) + trades
        self._last_s = now_s

    @property
    def gap_s(self) -> float | None:
        """Return the usual time between two trades; None where too few have come to tell."""
        if self._first_s is None or self._weight < 3:
            return None
        age_s = self._last_s - self._first_s
        return self._memory_s * -math.expm1(-age_s / self._memory_s) / self._weight

    @property
    def unusual_s(self) -> float:
        """Return how long a silence does not occur once a day at this rate; infinite where too few trades tell."""
        gap_s = self.gap_s
        if not gap_s:
            return math.inf
        return max(gap_s * math.log(max(DAY_S / gap_s, math.e)), LULLS * max(self._lulls_s))


@dataclass(slots=True)
class _Stream:
    """One symbol on one connection."""

    since_s: float
    base_id: int | None  # the newest id known when it was subscribed
    last_id: int | None = None
    last_s: float | None = None
    behind_id: int | None = None  # an id that others have and this stream has yet to reach
    behind_s: float = 0.0
    remedies: int = 0
    remedy_after_s: float = -math.inf


@dataclass(slots=True)
class _Symbol:
    """What all connections together know of one symbol."""

    usual: UsualRate
    since_s: float
    heard_id: int | None = None  # on any stream since the last time that none was up
    heard_s: float | None = None
    told_id: int | None = None  # by the exchange, over REST
    verdict: Verdict = "waiting"
    asking: bool = False
    agreed: int = 0  # questions in a row after which all was well
    ask_after_s: float = -math.inf

    @property
    def newest_id(self) -> int | None:
        known = [each for each in (self.heard_id, self.told_id) if each is not None]
        return max(known, default=None)

    @property
    def silent_since_s(self) -> float:
        return self.since_s if self.heard_s is None else max(self.heard_s, self.since_s)


def nothing_waits() -> None:
    """Do nothing: every trade is told at once."""


class Carrier:
    """One connection as the watchdog sees it; `catch_up` notes what has arrived and was not told yet."""

    def __init__(self, watchdog: "Watchdog", owner: str, catch_up: Callable[[], None]) -> None:
        self.owner = owner
        self.catch_up = catch_up
        self.streams: dict[str, _Stream] = {}
        self._watchdog = watchdog

    def carry(self, symbols: set[str], *, now_s: float) -> None:
        """Take note of streams that were asked for."""
        self._watchdog.catch_up()
        for symbol in symbols - self.streams.keys():
            known = self._watchdog.begin(symbol, now_s=now_s)
            self.streams[symbol] = _Stream(now_s, known)

    def drop(self, symbols: set[str]) -> None:
        """Forget streams that are not wanted any more."""
        for symbol in symbols:
            self.streams.pop(symbol, None)
        self._watchdog.forget(symbols)

    def note(self, symbol: str, *, trades: int, newest_id: int, now_s: float) -> None:
        """Take note of trades that arrived."""
        stream = self.streams.get(symbol)
        if stream is None:
            return  # just stopped
        stream.last_s = now_s
        stream.last_id = newest_id if stream.last_id is None else max(stream.last_id, newest_id)
        if stream.behind_id is None or stream.last_id >= stream.behind_id:
            stream.behind_id, stream.remedies = None, 0
        self._watchdog.heard(symbol, trades=trades, newest_id=newest_id, now_s=now_s)

    def close(self) -> None:
        """End: the connection is gone."""
        self._watchdog.catch_up()
        symbols = set(self.streams)
        self.streams.clear()
        self._watchdog.part(self, symbols)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do for a connection: ask for `symbols` again, or replace it whole when `symbols` is empty."""

    owner: str
    symbols: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at all streams found."""

    questions: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """How a symbol's trades come in, and the sentence that explains it where it is not live."""

    verdict: Verdict
    reason: str | None = None
    is_hushed: bool = False
    """It is silent for longer than it ever is at its rate, and the exchange has yet to say whether nothing trades."""


@dataclass(slots=True)
class Watchdog:
    """Watches every stream of every connection."""

    patience: Patience = field(default_factory=Patience)
    _carriers: list[Carrier] = field(default_factory=list)
    _symbols: dict[str, _Symbol] = field(default_factory=dict)
    _credit: float = 0.0
    _looked_s: float | None = None

    # --- what happens ---

    def open(self, owner: str, *, catch_up: Callable[[], None] = nothing_waits) -> Carrier:
        """Return the place of a new connection, which is asked to `catch_up` before anything is concluded."""
        carrier = Carrier(self, owner, catch_up)
        self._carriers.append(carrier)
        return carrier

    def catch_up(self) -> None:
        """Take note of all that has arrived on any connection."""
        for carrier in self._carriers:
            carrier.catch_up()

    def begin(self, symbol: str, *, now_s: float) -> int | None:
        """Take note that a stream of the symbol begins; return the newest id known."""
        held = self._symbols.get(symbol)
        if held is None:
            held = self._symbols[symbol] = _Symbol(UsualRate(self.patience.memory_s), now_s)
        elif not self._carried(symbol):
            # Nobody listened for a while: what traded meanwhile says nothing about the stream that begins now.
            held.since_s, held.heard_id, held.told_id = now_s, None, None
            held.verdict, held.agreed, held.ask_after_s = "waiting", 0, now_s + self.patience.settle_s
        return held.newest_id

    def heard(self, symbol: str, *, trades: int, newest_id: int, now_s: float) -> None:
        """Take note of news on any stream of the symbol."""
        held = self._symbols[symbol]
        if held.heard_id is not None and newest_id <= held.heard_id:
            return
        new = trades if held.heard_id is None else newest_id - held.heard_id
        nothing_lost = held.heard_id is not None and new <= trades and held.verdict in ("live", "quiet")
        held.usual.add(min(trades, new), now_s, nothing_lost=nothing_lost)
        held.heard_id, held.heard_s = newest_id, now_s
        held.verdict, held.agreed, held.ask_after_s = "live", 0, now_s

    def forget(self, symbols: set[str]) -> None:
        for symbol in symbols:
            if not self._carried(symbol):
                self._symbols.pop(symbol, None)

    def part(self, carrier: Carrier, symbols: set[str]) -> None:
        """Take a closed connection out; its symbols' usual rates stay."""
        self._carriers.remove(carrier)
        for symbol in symbols:
            held = self._symbols.get(symbol)
            if held is not None and not self._carried(symbol):
                held.verdict = "waiting"

    def _carried(self, symbol: str) -> bool:
        return any(symbol in carrier.streams for carrier in self._carriers)

    # --- what to do about it ---

    def look(self, now_s: float) -> Look:
        """Return what is to be asked and done now; each question and remedy comes back once until it is due again."""
        self.catch_up()
        return Look(self._questions(now_s), tuple(self._remedies(now_s)))

    def patience_s(self, symbol: str) -> float:
        """Return after how much silence a symbol is suspicious."""
        held, patience = self._symbols[symbol], self.patience
        gap_s = held.usual.gap_s
        if gap_s is None:
            return patience.first_s if held.heard_s is None else patience.most_s
        # Of a symbol that trades once a minute nothing can be told in one: waiting longer saves questions.
        return min(max(patience.least_s, patience.usual_gaps * gap_s), max(patience.most_s, 3 * gap_s))

    def _is_hushed(self, held: _Symbol, silent_s: float) -> bool:
        return silent_s > self.patience.hush_s and silent_s > held.usual.unusual_s

    def _questions(self, now_s: float) -> tuple[str, ...]:
        per_s = self.patience.questions_a_minute / 60
        passed_s = 60.0 if self._looked_s is None else now_s - self._looked_s
        self._looked_s = now_s
        self._credit = min(self._credit + passed_s * per_s, max(self.patience.questions_a_minute / 4, 1.0))
        overdue = []
        for symbol, held in self._symbols.items():
            if held.asking or now_s < held.ask_after_s or not self._carried(symbol):
                continue
            silent_s = now_s - held.silent_since_s
            bound_s = self.patience_s(symbol)
            if silent_s > bound_s or (held.heard_id is None and silent_s > self.patience.first_s):
                overdue.append((held.verdict == "quiet", -silent_s / bound_s, symbol))
        asked = [symbol for _, _, symbol in sorted(overdue)[: int(self._credit)]]
        self._credit -= len(asked)
        for symbol in asked:
            self._symbols[symbol].asking = True
        return tuple(asked)

    def answer(self, symbol: str, newest_id: int | None, *, asked_s: float, now_s: float) -> bool:
        """Take the exchange's newest id; return whether the symbol's streams are stalled.

        Called once trades under way have had time to arrive; `asked_s` is when the question was sent.
        """
        self.catch_up()
        held = self._symbols.get(symbol)
        if held is None:
            return False
        held.asking = False
        told_before, held.told_id = held.told_id, newest_id
        since_id = told_before if held.heard_id is None else held.heard_id
        if held.heard_s is not None and held.heard_s >= asked_s:
            held.verdict, held.agreed = "live", 0
        elif newest_id is not None and since_id is not None and newest_id > since_id:
            held.verdict, held.agreed = "stalled", 0
            self._suspect_all(symbol, newest_id)
        elif held.heard_id is None and told_before is None and newest_id is not None:
            held.verdict = "waiting"  # now we know what to compare the next answer with
        else:
            held.verdict, held.agreed = "quiet", held.agreed + 1
        wait_s = self.patience.again_s * 2 ** min(held.agreed, 10)
        held.ask_after_s = now_s + min(wait_s, self.patience.again_most_s)
        return held.verdict == "stalled"

    def no_answer(self, symbol: str, *, asked_s: float, now_s: float) -> None:
        """Take note that the exchange could not be asked."""
        self.catch_up()
        held = self._symbols.get(symbol)
        if held is None:
            return
        held.asking = False
        held.ask_after_s = now_s + self.patience.again_s
        if held.verdict != "stalled" and not (held.heard_s is not None and held.heard_s >= asked_s):
            held.verdict = "unknown"

    def _suspect_all(self, symbol: str, newest_id: int) -> None:
        for carrier in self._carriers:
            stream = carrier.streams.get(symbol)
            if stream is not None:
                stream.behind_id, stream.behind_s = newest_id, -math.inf  # no grace: it has had it

    def _remedies(self, now_s: float) -> list[Remedy]:
        remedies = []
        for carrier in list(self._carriers):
            behind = [name for name, each in carrier.streams.items() if self._lags(name, each, now_s)]
            due = [name for name in behind if now_s >= carrier.streams[name].remedy_after_s]
            if due:
                remedies.append(self._remedy(carrier, behind, due, now_s))
        return remedies

    def _lags(self, symbol: str, stream: _Stream, now_s: float) -> bool:
        """Tell whether others have had newer trades for a while, and this stream nothing."""
        newest_id = self._symbols[symbol].newest_id
        if newest_id is None:
            return False
        if stream.base_id is None:
            stream.base_id = newest_id
        reached = stream.base_id if stream.last_id is None else stream.last_id
        if newest_id <= reached:
            return False
        if stream.behind_id is None:
            stream.behind_id, stream.behind_s = newest_id, now_s
        silent_since_s = stream.behind_s if stream.last_s is None else max(stream.behind_s, stream.last_s)
        return now_s - silent_since_s > self.patience.twin_s

    def _remedy(self, carrier: Carrier, behind: list[str], due: list[str], now_s: float) -> Remedy:
        patience, streams = self.patience, carrier.streams.values()
        again = any(carrier.streams[name].remedies for name in due)
        for name in behind:
            stream = carrier.streams[name]
            stream.remedy_after_s = now_s + patience.remedy_s * 2 ** min(stream.remedies, 5)
            stream.remedies += 1
        alive = any(each.last_s is not None and now_s - each.last_s < patience.twin_s for each in streams)
        if again or (len(behind) > 1 and not alive):
            what = f"{len(behind)} of {len(carrier.streams)} streams bring nothing"
            return Remedy(carrier.owner, (), what)
        return Remedy(carrier.owner, tuple(due), "others have newer trades")

    # --- what it looks like ---

    def health(self, symbol: str, *, now_s: float) -> StreamHealth:
        """Return how the symbol stands."""
        self.catch_up()
        held = self._symbols.get(symbol)
        if held is None or not self._carried(symbol):
            return StreamHealth("waiting", "no connection yet")
        silent_s = now_s - held.silent_since_s
        match held.verdict:
            case "live" if silent_s <= 2 * self.patience_s(symbol) + self.patience.most_s:
                return StreamHealth("live", is_hushed=self._is_hushed(held, silent_s))
            case "live":  # more symbols are silent at a time than we may ask about
                return StreamHealth(
                    "unknown", f"no trade for {silent_s:.0f} s; the exchange is yet to be asked"
                )
            case "unknown":
                return StreamHealth(
                    "unknown", f"no trade for {silent_s:.0f} s, and the exchange gives no answer"
                )
            case "waiting":
                return StreamHealth("waiting", f"subscribed, and nothing arrived in {silent_s:.0f} s")
            case "quiet":
                return StreamHealth("quiet", f"no trade for {silent_s:.0f} s; the exchange has none either")
            case "stalled" if held.heard_id is None:
                return StreamHealth(
                    "stalled", f"acknowledged, and nothing arrived in {silent_s:.0f} s of trading"
                )
            case "stalled":
                return StreamHealth(
                    "stalled", f"the exchange traded, and nothing arrived for {silent_s:.0f} s"
                )

"""The market with what a plan changes in it: the truth that streams, REST and an outside check all see."""

from dataclasses import dataclass

import numpy as np

from quant.clock import NS_PER_MS
from quant.domain import IntArray
from quant.errors import InvalidParameter
from quant.simulator.faults.edits import edits_of
from quant.simulator.faults.injector import Injector
from quant.simulator.faults.instrument import AlteredInstrument
from quant.simulator.faults.kinds import FaultKind, Layer
from quant.simulator.faults.plan import Fault, FaultPlan
from quant.simulator.instrument import Instrument
from quant.simulator.market import SimMarket, lone_path
from quant.simulator.paths import PricePath
from quant.simulator.symbols import LISTINGS, NON_ASCII_LISTING, Listing

_LISTING_KINDS = {FaultKind.SETTLE, FaultKind.DELIST, FaultKind.NON_ASCII}
_ALL_LISTINGS = (*LISTINGS, NON_ASCII_LISTING)


@dataclass(frozen=True, slots=True)
class TruthIds:
    """The ids that exist are `first` up to but not `stop`; the exchange itself denies `denied` of them."""

    first: int
    stop: int
    denied: IntArray

    @property
    def given(self) -> IntArray:
        """Return the ids that the exchange gives to who asks."""
        return np.setdiff1d(np.arange(self.first, self.stop, dtype=np.int64), self.denied, assume_unique=True)


class AlteredMarket(SimMarket):
    """One seeded market under a plan: a pure function of (seed, plan, time)."""

    def __init__(self, seed: int, injector: Injector) -> None:
        self._injector = injector
        self._altered: dict[str, AlteredInstrument] = {}
        super().__init__(seed, make=self._make)
        self._make(seed, NON_ASCII_LISTING, lone_path(seed, NON_ASCII_LISTING))
        for number, fault in enumerate(injector.faults):
            self._check(fault, f"faults[{number}].symbol")
        self._refresh()

    @classmethod
    def under(cls, seed: int, plan: FaultPlan, *, origin_ns: int) -> "AlteredMarket":
        """Return the market of an exchange that started at `origin_ns`, for a check from outside it."""
        return cls(seed, Injector(plan, origin_ms=origin_ns // NS_PER_MS))

    def instrument(self, symbol: str) -> Instrument:
        """Return one symbol, listed or not; raise UnknownSymbol."""
        return self._altered.get(symbol) or super().instrument(symbol)

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._altered

    def add(self, fault: Fault, *, now_ms: int) -> int:
        """Take a fault while running and return its number; raise InvalidParameter."""
        self._check(fault)
        earliest_s = (1000 * (now_ms // 1000 + 1) - self._injector.origin_ms) / 1000
        if fault.spec.layer is Layer.MARKET and fault.start_s < earliest_s:
            # The current second has been told already, and the past cannot change.
            raise InvalidParameter("start_s", f"{fault.kind} can start at {earliest_s:g} at the earliest")
        number = self._injector.add(fault)
        self._refresh()
        return number

    def listings(self, now_ms: int) -> tuple[tuple[Listing, str], ...]:
        """Return what is listed at `now_ms`, each with its status."""
        return tuple(
            (listing, "SETTLING" if now_ms >= self._altered[listing.symbol].edits.end_ms else listing.status)
            for listing in _ALL_LISTINGS
            if self._altered[listing.symbol].edits.lists(now_ms)
        )

    def note_listing(self, now_ms: int) -> None:
        """Count that a client has seen a list that a fault has changed."""
        at_s = (now_ms - self._injector.origin_ms) / 1000
        for number, fault in enumerate(self._injector.faults):
            hidden = fault.kind is FaultKind.ENLIST and at_s < fault.start_s
            if hidden or (fault.kind in _LISTING_KINDS and at_s >= fault.start_s):
                self._injector.bite(number)

    def truth_ids(self, symbol: str, start_ns: int, end_ns: int) -> TruthIds:
        """Return which ids were traded in [start_ns, end_ns), by `T` before any rewind; raise UnknownSymbol."""
        instrument = self.instrument(symbol)
        start_ms, end_ms = -(-start_ns // NS_PER_MS), -(-end_ns // NS_PER_MS)
        first, stop = instrument.next_id(start_ms), instrument.next_id(end_ms)
        return TruthIds(first, stop, self._altered[symbol].denied(start_ms, end_ms))

    def _make(self, seed: int, listing: Listing, path: PricePath) -> Instrument:
        made = self._altered[listing.symbol] = AlteredInstrument(seed, listing, path, self._injector)
        return made

    def _check(self, fault: Fault, name: str = "symbol") -> None:
        if fault.symbol is not None and fault.symbol not in self:
            raise InvalidParameter(name, f"{fault.symbol!r} is not a symbol of {self.name}")

    def _refresh(self) -> None:
        numbered = [
            (number, fault)
            for number, fault in enumerate(self._injector.faults)
            if fault.spec.layer is Layer.MARKET
        ]
        for symbol, instrument in self._altered.items():
            extra = symbol == NON_ASCII_LISTING.symbol
            instrument.edit(edits_of(symbol, numbered, origin_ms=self._injector.origin_ms, extra=extra))

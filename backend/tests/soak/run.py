"""One run from start to verdict: an exchange with its faults, a platform that is stopped and killed, a check."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quant.simulator import FaultKind, SimConfig
from quant.storage.store import Store
from soak import accounting, batch_bars
from soak.exchange_side import Addresses, ExchangeSide
from soak.platform_side import INTERVALS, LiveSymbol, Platform, PlatformSide, width_of
from soak.record import Issued, Record
from soak.spec import SPEED, Break, RunSpec
from soak.workers import Worker

CATCH_UP_S = 3600.0
"""Market time after the last fault in which every stream has to be alive and every hole asked for; a minute of ours."""

MARKET = "sim-soak"
LISTING = (FaultKind.ENLIST, FaultKind.SETTLE, FaultKind.DELIST)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; without a violation the claim held."""

    seed: int
    violations: tuple[str, ...]
    bites: dict[str, int]
    figures: dict[str, int]
    took_s: float


class Lane:
    """Two processes in which runs follow each other."""

    def __init__(self, folder: Path, *, planted: str | None = None, catch_up_s: float = CATCH_UP_S) -> None:
        self._folder = folder
        self._catch_up_s = catch_up_s
        self._planted = planted
        self._exchange = Worker("exchange", ExchangeSide)
        self._platform = self._new_platform()

    def _new_platform(self) -> Worker:
        return Worker("platform", PlatformSide, self._planted, False)

    def close(self) -> None:
        self._exchange.close()
        self._platform.close()

    def run(self, spec: RunSpec) -> Outcome:
        """Carry out one run and check it."""
        begun = time.monotonic()
        data_dir = self._folder / f"run-{spec.seed}"
        config = SimConfig(seed=spec.market_seed, speed=SPEED, start_ns=spec.start_ns, faults=spec.plan)
        addresses: Addresses = self._exchange.ask("start", config)
        platform = Platform(
            data_dir, addresses.ws, addresses.rest, MARKET, SPEED, spec.symbols, spec.connections
        )
        with Record(addresses.rest, origin_ms=addresses.origin_ms) as record:
            self._platform.ask("open", platform)
            self._platform.ask("connected")  # on a busy machine the faults would else be over before
            self._exchange.ask("let_go")
            for each in spec.breaks:
                self._break(each, platform)
            self._exchange.ask("reach", spec.span_s)
            issued = {symbol: record.issued(symbol) for symbol in spec.symbols}
            store = Store(data_dir)
            behind = list(self._catch_up(spec, issued, store))
            live: dict[str, LiveSymbol] = self._platform.ask("close")
            bites = self._exchange.ask("bites")  # before our own questions bite
            found = _Check(spec, store, record, issued, live)
            violations = (*behind, *found.violations())
        self._exchange.ask("stop")
        return Outcome(spec.seed, violations, bites, found.figures, time.monotonic() - begun)

    def _break(self, each: Break, platform: Platform) -> None:
        now_s = self._exchange.ask("reach", each.at_s)
        if each.kind == "kill":
            self._platform.close()
            self._platform = self._new_platform()
        else:
            self._platform.ask("close")
        self._exchange.ask("reach", now_s + each.down_s)
        self._platform.ask("open", platform)

    def _catch_up(self, spec: RunSpec, issued: dict[str, Issued], store: Store) -> Iterator[str]:
        """Wait until the platform knows all that was issued and has asked for what it missed."""
        # What is listed late may not be asked for yet; of what ended before its first trade came nobody knows, and
        # nobody answers for what is listed no more.
        changing = {each.symbol for each in spec.plan.faults if each.kind in LISTING}
        gone = _delisted(spec)
        wanted = {
            symbol: ids.last_given
            for symbol, ids in issued.items()
            if symbol not in gone and (symbol not in changing or store.extent(MARKET, symbol) is not None)
        }
        behind = self._platform.ask("caught_up", wanted, self._catch_up_s / SPEED)
        for symbol, standing in behind.items():
            yield f"{symbol} is not caught up: {standing}, issued {issued[symbol]}"


def _delisted(spec: RunSpec) -> set[str | None]:
    return {each.symbol for each in spec.plan.faults if each.kind is FaultKind.DELIST}


class _Check:
    """What is stored, the bars and the exchange's record side by side."""

    def __init__(
        self,
        spec: RunSpec,
        store: Store,
        record: Record,
        issued: dict[str, Issued],
        live: dict[str, LiveSymbol],
    ) -> None:
        self._spec = spec
        self._store = store
        self._record = record
        self._issued = issued
        self._live = live
        self.figures: dict[str, int] = {}

    def violations(self) -> Iterator[str]:
        for damage in self._store.journal.check():
            yield f"damaged: {damage}"
        for symbol in self._spec.symbols:
            for what in self._of(symbol):
                yield f"{symbol}: {what}"

    def _of(self, symbol: str) -> Iterator[str]:
        stored = accounting.read_stored(self._store, MARKET, symbol)
        issued = self._record.issued(symbol)
        until = self._issued[symbol].last_given + 1
        if symbol in _delisted(self._spec):
            until = 0  # nobody can be asked any more what came after the last that is known
        held = accounting.account(stored, issued, until=until)
        trades = self._record.trades(symbol, first=held.first, stop=held.stop)
        lies = any(fault.kind is FaultKind.REST_LIE for fault in self._spec.plan.faults)
        yield from accounting.violations(stored, issued, trades, until=until, lies=lies)
        unfilled = accounting.left_open(stored, trades)
        unfilled = unfilled[unfilled < self._issued[symbol].stop]  # newer ones may be under way
        if len(unfilled):
            yield f"left open though REST has them: {unfilled[:8].tolist()} of {len(unfilled)}"
        live = self._live.get(symbol)
        self._count("ids", held.stop - held.first)
        self._count("stored", len(held.stored))
        self._count("listed", len(held.listed))
        if live is None:
            return
        self._count("duplicates", live.duplicates)
        self._count("out_of_order", live.out_of_order)
        self._count("holes filled", live.filled)
        missing = np.setdiff1d(held.missing, held.confirmed)
        times = trades.times[np.isin(trades.ids, missing)]
        for interval in INTERVALS:
            width = width_of(interval)
            for what in batch_bars.differences(live.bars[interval], stored.ticks, width):
                yield f"{interval}: {what}"
            for opened in batch_bars.silently_incomplete(live.bars[interval], times, width):
                yield f"{interval}: the bar at {opened} lacks a trade and does not say so"
            written = self._store.bars(MARKET, symbol, interval)
            for what in batch_bars.stored_otherwise(live.bars[interval], written):
                yield f"{interval}: {what}"
            self._count("bars", len(live.bars[interval]))

    def _count(self, name: str, number: int) -> None:
        self.figures[name] = self.figures.get(name, 0) + number

"""What a damaged file or chunk of trades takes with it: listed as not stored, so that it shows and is fetched again."""

import threading
from pathlib import Path

import structlog

from quant.clock import NS_PER_S
from quant.errors import StorageError
from quant.market.ledger import HoleState
from quant.storage.history_paths import DAY_NS, HOUR_NS
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.journal import Journal
from quant.storage.records import Damage
from quant.storage.store import Store

log = structlog.get_logger()

EDGE_NS = NS_PER_S
"""Around an hour's ends trades of both hours may lie mixed by id, for event times step back a little."""

NEAR_NS = DAY_NS
"""What lies further away says nothing: trades in between may have been deleted for their age."""


class DamagedTrades:
    """Tells of every damage, and lists the ids of trades that are gone with it. Any thread may tell."""

    def __init__(self, data_dir: Path, journal: Journal) -> None:
        self._store = Store(data_dir, on_damage=_passed_by)
        self._journal = journal
        self._told: set[tuple[str, int]] = set()
        self._telling = threading.Lock()

    def note(self, damage: Damage) -> None:
        """Take note of what cannot be read; blocks for the disk where it is new and holds trades."""
        log.error("store.damaged", **damage._asdict())
        with self._telling:
            if (damage.where, damage.number) in self._told:
                return
            self._told.add((damage.where, damage.number))
        try:
            lost = self._lost_with(damage)
        except (OSError, StorageError) as error:
            log.error("store.damage_not_listed", where=damage.where, error=str(error))
            self._told.discard((damage.where, damage.number))  # whoever meets it next tries again
            return
        if lost:
            self._journal.list_unstored(damage.market, damage.symbol, lost.ranges)

    def _lost_with(self, damage: Damage) -> IdRanges:
        """Return the ids that may have been in it and are neither stored elsewhere nor listed as missing."""
        ids = self._span_of(damage)
        if ids is None:
            return IdRanges()
        market, symbol = damage.market, damage.symbol
        missing = IdRanges(
            IdRange(hole.first_id, hole.last_id)
            for hole in self._store.holes(market, symbol)
            if hole.state != HoleState.FILLED.value
        )
        return IdRanges([ids]).without(self._store.ids_between(market, symbol, ids)).without(missing)

    def _span_of(self, damage: Damage) -> IdRange | None:
        """Return which ids it may have held; None for bars, and where no stored trade is near on both of its sides.

        What a file says of itself is not believed any more, so that its neighbours tell.
        """
        if damage.holds == "tick chunk":
            return IdRange(damage.first, damage.last)
        if damage.holds != "hour":
            return None
        key, starts, ends = (damage.market, damage.symbol), damage.first, damage.first + HOUR_NS
        last = self._store.last_ticks(*key, n=1, end_ns=starts)
        first = self._store.ticks(*key, start_ns=ends, end_ns=ends + NEAR_NS, limit=1)
        if not len(first) or not len(last) or last.ts_event[0] < starts - NEAR_NS:
            return None
        before = self._store.ticks(*key, start_ns=starts - EDGE_NS, end_ns=starts)
        after = self._store.ticks(*key, start_ns=ends, end_ns=ends + EDGE_NS)
        first_id = min([int(last.ids[0]), *before.ids[:1].tolist()])
        last_id = max([int(first.ids[0]), *after.ids[-1:].tolist()])
        return IdRange(first_id + 1, last_id - 1) if last_id - first_id > 1 else None


def _passed_by(_: Damage) -> None:
    """Leave it out: whoever reads for others has told of it."""

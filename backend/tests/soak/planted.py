"""Bugs to plant in a platform's process, one for each guard: the soak has to go red with any of them."""

from collections.abc import Callable

import numpy as np
import pytest

from journal_victims import CommitSkipped
from quant.domain import BoolArray, Quality, TradeBatch
from quant.engine import persistence
from quant.feed.watchdog import Look, Watchdog
from quant.market import kernels
from quant.market.state import MarketState
from quant.storage import journal
from quant.storage.id_ranges import IdRanges
from quant.storage.journal import Journal
from quant.storage.journal_file import StreamKey

_PATCH = pytest.MonkeyPatch()  # for the life of the process


def plant(bug: str) -> None:
    """Put the bug into this process."""
    PLANTED[bug]()


def _no_dedupe() -> None:
    """Every trade counts, had it come before or not."""
    apply = MarketState.apply

    def take_all(self: MarketState, batch: TradeBatch, *, healed: Quality = Quality.COMPLETE) -> BoolArray:
        fresh = apply(self, batch, healed=healed)
        for at in np.flatnonzero(~fresh).tolist():
            kernels.put_late(
                self.add_symbol(batch.names[batch.codes[at]]),
                int(batch.ids[at]),
                int(batch.ts_event[at]),
                int(batch.ts_recv[at]),
                float(batch.prices[at]),
                float(batch.sizes[at]),
                batch.sells[at],
                int(batch.counts[at]),
                self._ticks,
                self._ledger,
                self._bars,
                self._heads,
                self._widths,
                int(healed),
            )
        return np.ones_like(fresh)

    _PATCH.setattr(MarketState, "apply", take_all)


def _no_reorder_window() -> None:
    """A trade that comes after its successor is taken for one that we have."""
    _PATCH.setattr(MarketState, "_take_late", lambda *_: False)


def _watchdog_on_the_connection_only() -> None:
    """As long as anything arrives, every stream counts as alive."""
    _PATCH.setattr(Watchdog, "look", lambda *_: Look())


def _commit_skipped() -> None:
    """All is written and reported, and the newest chunk does not stay."""
    _PATCH.setattr(journal, "JournalWriter", CommitSkipped)


class _EarlyJournal(Journal):
    def append(self, market: str, batch: TradeBatch | None = None, **changes: object) -> int:
        ticket = super().append(market, batch, **changes)  # type: ignore[arg-type]
        if batch is not None:
            for symbol in batch.present():
                ids = batch.ids[batch.codes == batch.names.index(symbol)]
                with self._wake:
                    self._committed_ids.setdefault(StreamKey(market, symbol), IdRanges()).add_ids(ids)
        if self._on_commit is not None:
            self._on_commit(ticket)
        return ticket


def _acknowledged_early() -> None:
    """Trades are reported as stored when they are taken in, not when they are committed."""
    _PATCH.setattr(persistence, "Journal", _EarlyJournal)


PLANTED: dict[str, Callable[[], None]] = {
    "no dedupe": _no_dedupe,
    "no reorder window": _no_reorder_window,
    "watchdog on the connection only": _watchdog_on_the_connection_only,
    "commit skipped": _commit_skipped,
    "acknowledged early": _acknowledged_early,
}

"""The claim itself: every id between the first and the last is stored exactly once, or listed as a hole."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quant.domain import IntArray
from quant.storage.id_ranges import IdRange
from quant.storage.records import StoredHole, StoredTicks
from quant.storage.store import Store
from soak.record import Issued, Trades

SHOWN = 8  # ids named in a violation


@dataclass(frozen=True, slots=True)
class Stored:
    """What the disk says of one symbol; `rows` counts ticks as they lie in the journal, with those moved out of it."""

    ticks: StoredTicks
    holes: tuple[StoredHole, ...]
    unstored: tuple[IdRange, ...]
    rows: int


def read_stored(store: Store, market: str, symbol: str) -> Stored:
    """Return what the journal and the history, to which full hours are moved, hold of a symbol."""
    ticks = store.ticks(market, symbol)
    moved = len(ticks) - len(store.journal.ticks(market, symbol))
    rows = sum(chunk.rows for chunk in store.journal.tick_chunks(market, symbol))
    return Stored(ticks, store.holes(market, symbol), store.unstored(market, symbol), moved + rows)


@dataclass(frozen=True, slots=True)
class Account:
    """Which ids between the first stored and the end are where."""

    first: int
    stop: int
    stored: IntArray
    missing: IntArray  # issued in this span and not stored
    listed: IntArray  # in a hole, whatever its state, or known not to be stored
    open: IntArray
    confirmed: IntArray


def account(stored: Stored, issued: Issued, *, until: int) -> Account:
    """Return where the ids are from the first stored one up to but not `until`, or further if more is stored."""
    ids = stored.ticks.ids
    first = int(ids[0]) if len(ids) else until
    stop = max(until, int(ids[-1]) + 1, *(hole.last_id + 1 for hole in stored.holes)) if len(ids) else until
    states = {
        state: _ids((hole.first_id, hole.last_id) for hole in stored.holes if hole.state == state)
        for state in ("open", "confirmed")
    }
    return Account(
        first=first,
        stop=stop,
        stored=ids,
        missing=np.setdiff1d(np.arange(first, min(stop, issued.stop), dtype=np.int64), ids),
        listed=np.union1d(np.concatenate((states["open"], states["confirmed"])), _ids(stored.unstored)),
        **states,
    )


def violations(stored: Stored, issued: Issued, trades: Trades, *, until: int, lies: bool) -> Iterator[str]:
    """Yield what contradicts the claim; `lies` where REST may have left out rows between others.

    The state "filled" lists nothing: what was filled has to be stored.
    """
    held = account(stored, issued, until=until)
    yield from _named(
        "stored but never issued", held.stored[(held.stored < issued.first) | (held.stored >= issued.stop)]
    )
    yield from _named("stored though the exchange denies it", np.intersect1d(held.stored, issued.denied))
    yield from _named("neither stored nor listed", np.setdiff1d(held.missing, held.listed))
    yield from _named("stored and listed as missing", np.intersect1d(held.stored, held.listed))
    if stored.rows != len(held.stored):
        yield f"{stored.rows} rows in the file for {len(held.stored)} ids"
    if not lies:
        false = np.intersect1d(np.setdiff1d(held.confirmed, issued.denied), trades.ids)
        yield from _named("listed as confirmed, but the exchange has it", false)
    yield from _contents(stored.ticks, trades)


def left_open(stored: Stored, trades: Trades) -> IntArray:
    """Return the ids listed as open holes that the exchange gives to who asks."""
    open_ids = _ids((hole.first_id, hole.last_id) for hole in stored.holes if hole.state == "open")
    return np.intersect1d(open_ids, trades.ids)


def _contents(ticks: StoredTicks, trades: Trades) -> Iterator[str]:
    _, ours, theirs = np.intersect1d(ticks.ids, trades.ids, return_indices=True)
    for name, mine, true in (
        ("time", ticks.ts_event, trades.times),
        ("price", ticks.prices, trades.prices),
        ("size", ticks.sizes, trades.sizes),
        ("side", ticks.sells, trades.sells),
        ("count", ticks.counts, trades.counts),
    ):
        yield from _named(
            f"stored with another {name} than REST tells", ticks.ids[ours[mine[ours] != true[theirs]]]
        )


def _named(what: str, ids: IntArray) -> Iterator[str]:
    if len(ids):
        more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
        yield f"{what}: {', '.join(map(str, ids[:SHOWN].tolist()))}{more}"


def _ids(ranges: Iterator[tuple[int, int]] | tuple[IdRange, ...]) -> IntArray:
    parts = [np.arange(first, last + 1, dtype=np.int64) for first, last in ranges]
    return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))

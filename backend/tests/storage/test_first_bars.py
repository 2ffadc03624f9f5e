"""The oldest bars of a span, a limited number of them, are the first of all of it, wherever they lie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.domain import Bars
from quant.storage.compaction import Compaction
from quant.storage.history import History
from quant.storage.journal import Journal
from quant.storage.store import HISTORY_NAME, JOURNAL_NAME, Store
from stored_trades import EPOCH_NS, HOUR_NS, MARKET, bars

SYMBOL = "BTCUSDT"
MINUTE_NS = 60_000_000_000
HOURS = 60


def minutes() -> st.SearchStrategy[int]:
    """Open times around the turns of days, where files begin."""
    return st.integers(0, HOURS * 2).map(lambda half: EPOCH_NS + half * HOUR_NS // 2)


@settings(max_examples=40)
@given(
    data=st.data(),
    batches=st.lists(st.lists(minutes(), min_size=1, max_size=10, unique=True), min_size=1, max_size=8),
)
def test_they_are_the_first_of_the_whole_span(
    data: st.DataObject, batches: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("data")
    journal = Journal(folder / JOURNAL_NAME, flush_ms=0)
    journal.open()
    history, store = History(folder / HISTORY_NAME), Store(folder)
    for revision, times in enumerate(batches):
        journal.append_bars(
            MARKET, SYMBOL, "1m", bars(sorted(times), revision=revision, base=100.0 + revision)
        )
        assert journal.wait_committed()
        if data.draw(st.booleans(), "compact here"):
            now = EPOCH_NS + data.draw(st.integers(0, HOURS)) * HOUR_NS
            Compaction(journal, history).run(now_ns=now, settle_ns=0)
    start = data.draw(st.none() | minutes(), "start")
    end = data.draw(st.none() | minutes(), "end")
    limit = data.draw(st.integers(1, 12), "limit")

    found = store.first_bars(MARKET, SYMBOL, "1m", limit=limit, start=start, end=end)

    whole = store.bars(MARKET, SYMBOL, "1m", start=start, end=end)
    for name in Bars.__dataclass_fields__:
        assert np.array_equal(getattr(found, name), getattr(whole, name)[:limit]), name
    journal.close()

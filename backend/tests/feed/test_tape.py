"""Tapes merged: every trade once, none before one of a lower id, and the cut into batches changes nothing."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quant.domain import TradeBatch
from quant.feed.playhead import SLICE_NS
from quant.feed.tape import merge_tapes

START = 1_740_787_200 * 10**9
Row = tuple[str, int, int]

steps = st.lists(st.integers(-SLICE_NS // 20, SLICE_NS * 3 // 2), max_size=60)


def rows_of(symbol: str, moves: list[int]) -> list[Row]:
    return [(symbol, at, START + time) for at, time in enumerate(itertools.accumulate(moves))]


def batches(rows: list[Row], cuts: list[int]) -> list[TradeBatch]:
    ends = sorted({0, len(rows), *(cut % (len(rows) + 1) for cut in cuts)})
    made = []
    for first, end in itertools.pairwise(ends):
        part = rows[first:end]
        times = np.array([time for _, _, time in part], np.int64)
        made.append(
            TradeBatch(
                (rows[0][0],),
                np.zeros(len(part), np.int32),
                np.array([at for _, at, _ in part], np.int64),
                times,
                times,
                np.ones(len(part)),
                np.ones(len(part)),
                np.zeros(len(part), np.uint8),
                np.ones(len(part), np.int64),
            )
        )
    return made


def expected(tapes: list[list[Row]]) -> list[tuple[int, list[Row]]]:
    """Sort all rows by when they are due: a plain list, one row after another."""
    due = []
    for number, rows in enumerate(tapes):
        latest = 0
        for at, row in enumerate(rows):
            latest = max(latest, row[2])
            due.append((latest, number, at, row))
    due.sort(key=lambda each: each[:3])
    grouped = itertools.groupby(due, key=lambda each: each[0] // SLICE_NS)
    return [(number, [row for *_, row in group]) for number, group in grouped]


@given(st.lists(steps, min_size=1, max_size=4), st.data())
def test_any_cut_gives_the_same_slices(moves: list[list[int]], data: st.DataObject) -> None:
    tapes = [rows_of(f"S{number}USDT", each) for number, each in enumerate(moves)]
    cut = [
        batches(rows, data.draw(st.lists(st.integers(0, 100), max_size=6))) if rows else [] for rows in tapes
    ]
    found = [
        (number, list(zip(batch.symbols(), batch.ids.tolist(), batch.ts_event.tolist(), strict=True)))
        for number, batch in merge_tapes(cut)
    ]
    assert found == expected(tapes)

"""Chunks come back as they were written, or are refused; sets of ids behave as sets."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.domain import Bars, Quality
from quant.errors import DamagedData
from quant.storage.chunks import decode_bars, decode_ticks, encode_bars, encode_ticks
from quant.storage.id_ranges import IdRange, IdRanges
from quant.storage.records import BAR_NAMES, TICK_NAMES, StoredTicks, join_bars, join_ticks
from stored_trades import bars, columns, expect

INT64 = st.integers(-(2**63), 2**63 - 1)
ANY_TICK = st.tuples(INT64, INT64, INT64, st.floats(), st.floats(), st.integers(0, 255), INT64)


@given(st.lists(ANY_TICK, max_size=50))
def test_any_columns_come_back_bit_for_bit(rows: list[tuple[int, int, int, float, float, int, int]]) -> None:
    kinds = (np.int64, np.int64, np.int64, np.float64, np.float64, np.uint8, np.int64)
    each = list(zip(*rows, strict=True)) or [()] * 7
    ticks = StoredTicks(*(np.array(column, kind) for column, kind in zip(each, kinds, strict=True)))
    back = decode_ticks(encode_ticks(ticks))
    for name in TICK_NAMES:
        assert getattr(back, name).tobytes() == getattr(ticks, name).tobytes()
        assert getattr(back, name).dtype == getattr(ticks, name).dtype


def test_bars_come_back_bit_for_bit() -> None:
    sent = bars(range(0, 60_000, 1000), revision=3, quality=Quality.BACKFILLED)
    back = decode_bars(encode_bars(sent))
    for name in BAR_NAMES:
        assert getattr(back, name).tobytes() == getattr(sent, name).tobytes()


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_noticed(position: int, flip: int) -> None:
    chunk = bytearray(encode_ticks(columns(range(20))))
    chunk[position % len(chunk)] ^= flip
    with pytest.raises(DamagedData):
        decode_ticks(bytes(chunk))


@given(st.integers(0, 10_000))
def test_a_chunk_cut_anywhere_is_noticed(length: int) -> None:
    chunk = encode_ticks(columns(range(20)))
    with pytest.raises(DamagedData):
        decode_ticks(chunk[: length % len(chunk)])


def test_ticks_are_not_read_as_bars() -> None:
    with pytest.raises(DamagedData, match="kind"):
        decode_bars(encode_ticks(columns(range(3))))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 10)), max_size=30))
def test_id_ranges_are_a_set(steps: list[tuple[bool, int, int]]) -> None:
    ranges, truth = IdRanges(), set[int]()
    for put, first, more in steps:
        ids = set(range(first, first + more + 1))
        if put:
            ranges.add(first, first + more)
            truth |= ids
        else:
            assert ranges.remove(first, first + more) == bool(truth & ids)
            truth -= ids
    assert ranges.count == len(truth)
    assert {i for i in range(60) if i in ranges} == truth
    listed = ranges.ranges
    assert [i for first, last in listed for i in range(first, last + 1)] == sorted(truth)
    assert all(b.first_id - a.last_id > 1 for a, b in pairwise(listed)), "neighbours touch"


@given(st.lists(st.integers(0, 50), max_size=40))
def test_ids_in_any_order_make_the_fewest_ranges(ids: list[int]) -> None:
    ranges = IdRanges()
    ranges.add_ids(np.array(ids, np.int64))
    assert ranges.count == len(set(ids))
    assert ranges.ranges == IdRanges(IdRange(i, i) for i in ids).ranges


def test_joining_ticks_of_one_id_keeps_the_first() -> None:
    expect(join_ticks([columns([5, 3]), columns([4, 5])]), [3, 4, 5])


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ([(0, Quality.COMPLETE, 1.0), (1, Quality.GAP, 2.0)], 2.0),  # the newest revision, whatever it says
        ([(1, Quality.BACKFILLED, 2.0), (0, Quality.COMPLETE, 1.0)], 2.0),  # also when it was written first
        ([(1, Quality.COMPLETE, 1.0), (1, Quality.COMPLETE, 2.0)], 2.0),  # of equal revisions the later one
        ([(0, Quality.COMPLETE, 1.0), (0, Quality.KLINE, 9.0)], 1.0),  # whole bars of ours stay
        ([(0, Quality.KLINE, 9.0), (0, Quality.QUIET, 1.0)], 1.0),
        ([(5, Quality.GAP, 1.0), (0, Quality.KLINE, 9.0)], 9.0),  # one with missing trades yields
        ([(0, Quality.PARTIAL, 1.0), (0, Quality.KLINE, 9.0)], 9.0),
        ([(2, Quality.COMPLETE, 1.0), (4, Quality.KLINE, 9.0)], 9.0),  # a trade came to be missed after ours
        ([(5, Quality.BACKFILLED, 1.0), (4, Quality.KLINE, 9.0)], 1.0),
    ],
)
def test_which_of_two_bars_is_read(parts: list[tuple[int, Quality, float]], wanted: float) -> None:
    made: list[Bars] = [bars([60], revision=r, quality=q, base=base) for r, q, base in parts]
    joined = join_bars([bars([0]), *made, bars([120])])
    assert joined.times.tolist() == [0, 60, 120]
    assert joined.opens[1] == wanted

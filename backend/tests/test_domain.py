"""A batch of trades names the symbol of each row by a code."""

import numpy as np

from quant.domain import TradeBatch

NAMES = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")


def batch(*codes: int) -> TradeBatch:
    """Return one trade a code, whose every column follows from its position."""
    at = np.arange(len(codes))
    return TradeBatch(
        names=NAMES,
        codes=np.array(codes, np.int32),
        ids=at,
        ts_event=at + 100,
        ts_recv=at + 200,
        prices=at + 0.5,
        sizes=at + 0.25,
        sells=(at % 2).astype(np.uint8),
        counts=at + 300,
    )


def rows(held: TradeBatch) -> list[tuple[object, ...]]:
    columns = (held.ids, held.ts_event, held.ts_recv, held.prices, held.sizes, held.sells, held.counts)
    return list(zip(held.symbols(), *(column.tolist() for column in columns), strict=True))


def test_names_without_rows_are_not_present():
    assert batch(2, 0, 2).present() == ("BTCUSDT", "SOLUSDT")
    assert batch().present() == ()
    assert len(batch(2, 0, 2)) == 3


def test_each_row_has_its_symbol():
    assert batch(2, 0, 2).symbols() == ["SOLUSDT", "BTCUSDT", "SOLUSDT"]


def test_rows_are_picked_whole():
    held = batch(3, 0, 1, 3)
    assert rows(held.at(np.array([2, 0]))) == [rows(held)[2], rows(held)[0]]
    assert rows(held.at(slice(1, 3))) == rows(held)[1:3]
    assert rows(held.at(np.array([True, False, False, True]))) == [rows(held)[0], rows(held)[3]]


def test_the_rows_of_some_symbols_keep_their_order():
    held = batch(3, 0, 1, 3)
    assert rows(held.of({"XRPUSDT", "BTCUSDT", "UNKNOWN"})) == [rows(held)[at] for at in (0, 1, 3)]
    assert len(held.of(())) == 0

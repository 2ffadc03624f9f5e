"""The moving window against a scan of its bars, whatever happens to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.universes import assert_agrees, assert_same_tables, factor_universe
from quant.analytics import RollingScan, scan_pairs
from quant.errors import InvalidParameter


def feed(prices, **options):
    """Return a window that has taken all rows of `prices`."""
    rolling = RollingScan(prices.shape[1], **options)
    for row in prices:
        rolling.append(row)
    return rolling


def eventful(rng, n):
    """Return prices in which everything happens that can: bad ticks, holes, halts, copies, a symbol that begins late,
    one that ends, one under zero."""
    prices = np.exp(factor_universe(rng, n, 9))
    prices[n // 3, 2] *= 1e8
    prices[n // 2, 2] *= 1e-3
    prices[[n // 4, n // 4 + 1, n // 2], 3] = np.nan
    prices[n // 3 : 2 * n // 3, 4] = prices[n // 3, 4]
    prices[:, 5] = prices[:, 0] * np.where(np.arange(n) < n // 2, 3.0, np.exp(0.01 * rng.standard_normal(n)))
    prices[: n // 2, 6] = np.nan
    prices[-n // 5 :, 7] = np.nan
    prices[n // 3, 8] = -1.0
    return prices


@pytest.mark.parametrize("scale", ["log", "level"])
@pytest.mark.parametrize("window", [30, 64])
def test_equals_a_scan_after_every_bar(scale, window):
    prices = eventful(np.random.default_rng(window), 420)
    rolling, statuses = RollingScan(9, window=window, scale=scale), set()
    for bar, row in enumerate(prices, 1):
        rolling.append(row)
        if bar >= window and bar % 3 == 0:
            table = rolling.table()
            assert_same_tables(table, scan_pairs(prices[:bar], window=window, scale=scale))
            statuses |= set(table.status)
    assert statuses >= {"ok", "missing", "stale", "zero_variance", "duplicate"}


@pytest.mark.parametrize(
    ("level", "step", "scale"),
    [
        (1e8, 1.0, "level"),
        (1e8, 100.0, "level"),
        (6e4, 0.1, "level"),
        (6e4, 0.06, "log"),
        (1e-5, 1e-9, "level"),
    ],
)
def test_a_high_level_with_little_movement(level, step, scale):
    prices = level + step * np.random.default_rng(7).standard_normal((300, 4)).cumsum(axis=0)
    rolling = RollingScan(4, window=60, scale=scale)
    for bar, row in enumerate(prices, 1):
        rolling.append(row)
        if bar >= 60 and bar % 3 == 0:
            assert_same_tables(rolling.table(), scan_pairs(prices[:bar], window=60, scale=scale))


def test_near_perfect_legs_and_prices_a_billion_apart():
    rng = np.random.default_rng(8)
    base = factor_universe(rng, 300, 3)
    levels = np.column_stack([base, base + 1e-6 * rng.standard_normal(base.shape)])
    for prices in (np.exp(levels), np.exp(base) * np.array([1e5, 1.0, 1e-4])):
        rolling = RollingScan(prices.shape[1], window=100)
        for bar, row in enumerate(prices, 1):
            rolling.append(row)
            if bar >= 100 and bar % 10 == 0:
                assert_same_tables(rolling.table(), scan_pairs(prices[:bar], window=100))


def test_the_three_paths_agree():
    prices = eventful(np.random.default_rng(1), 300)
    table = feed(prices, window=100).table()
    last = prices[-100:]
    assert_agrees(table, np.log(np.where(last > 0, last, np.nan)), last)


def test_other_lag_rules():
    prices = np.exp(factor_universe(np.random.default_rng(2), 150, 5))
    for rule in ({"autolag": "bic"}, {"autolag": None, "max_lag": 3}, {"max_lag": 0}):
        assert_same_tables(feed(prices, window=80, **rule).table(), scan_pairs(prices, window=80, **rule))


def test_a_correction_is_as_if_it_had_always_been_so():
    rng = np.random.default_rng(3)
    prices = np.exp(factor_universe(rng, 200, 6))
    rolling = feed(prices, window=60)
    for row in (-1, -2, 0, 1, 30, 59, -60):
        at = len(prices) - 60 + row % 60
        prices[at, rng.integers(6)] *= 1.02
        prices[at, 0] = np.nan if row == 30 else prices[at, 0]
        rolling.correct(row, prices[at])
        assert_same_tables(rolling.table(), scan_pairs(prices, window=60))
    prices[len(prices) - 30, 0] = 70.0  # a bar withdrawn comes back
    rolling.correct(30, prices[len(prices) - 30])
    more = np.exp(factor_universe(rng, 130, 6))
    for bar, row in enumerate(more, 1):
        rolling.append(row)
        if bar % 10 == 0:
            assert_same_tables(rolling.table(), scan_pairs(np.vstack([prices, more[:bar]]), window=60))


def test_a_correction_before_the_window_is_full():
    prices = np.exp(factor_universe(np.random.default_rng(4), 40, 4))
    rolling = feed(prices[:20], window=40)
    prices[5] *= 1.01
    rolling.correct(5, prices[5])
    for row in prices[20:]:
        rolling.append(row)
    assert_same_tables(rolling.table(), scan_pairs(prices))


def test_symbols_join_and_leave():
    prices = np.exp(factor_universe(np.random.default_rng(5), 300, 6))
    rolling = feed(prices[:150, :4], window=50)
    assert rolling.join(prices[:150, 4]) == 4
    assert_same_tables(rolling.table(), scan_pairs(prices[:150, :5], window=50))
    assert rolling.join(prices[130:150, 5]) == 5
    seen = prices[:150].copy()
    seen[:130, 5] = np.nan
    assert_same_tables(rolling.table(), scan_pairs(seen, window=50))
    rolling.leave(1)
    left = np.delete(prices, 1, axis=1)
    for row in left[150:]:
        rolling.append(row)
    assert rolling.symbols == 5
    assert_same_tables(rolling.table(), scan_pairs(left, window=50))


def test_a_window_that_is_not_full_says_so():
    prices = np.exp(factor_universe(np.random.default_rng(6), 49, 3))
    table = feed(prices, window=50).table()
    assert set(table.status) == {"too_short"}
    assert (table.n, table.need, table.pairs_tested) == (49, 50, 0)
    assert np.isnan(table.p_value).all()


def test_a_table_keeps_its_numbers():
    prices = np.exp(factor_universe(np.random.default_rng(7), 120, 4))
    rolling = feed(prices[:100], window=60)
    table, again = rolling.table(), scan_pairs(prices[:100], window=60)
    for row in prices[100:]:
        rolling.append(row)
    assert_same_tables(table, again)


def test_sums_do_not_drift():
    """Bars of 150 windows with bad ticks of 1e8 on the way; 100,000 bars are among the long tests."""
    rng = np.random.default_rng(8)
    prices = np.exp(factor_universe(rng, 6000, 4))
    prices[[700, 3333], [1, 2]] *= 1e8
    rolling = feed(prices, window=40, scale="level")
    assert_same_tables(rolling.table(), scan_pairs(prices, window=40, scale="level"))


def test_a_bad_tick_is_forgotten_with_the_bar_that_held_it():
    """Of any size: a huge one leaves sums without digits, which the exact path replaces, a lesser one with few."""
    prices = np.exp(factor_universe(np.random.default_rng(8), 900, 4))
    ticks = {50 + 110 * power: 10.0 ** (power + 1) for power in range(7)}
    for bar, by in ticks.items():
        prices[bar, 1] *= by
    rolling = RollingScan(4, window=64, scale="level")
    for bar, row in enumerate(prices):
        rolling.append(row)
        if bar - 64 in ticks:
            assert_same_tables(rolling.table(), scan_pairs(prices[: bar + 1], window=64, scale="level"))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda rolling: rolling.append([1.0, 2.0]), "prices"),
        (lambda rolling: rolling.correct(50, [1.0, 2.0, 3.0]), "row"),
        (lambda rolling: rolling.correct(-51, [1.0, 2.0, 3.0]), "row"),
        (lambda rolling: rolling.correct(0, [1.0]), "prices"),
        (lambda rolling: rolling.leave(3), "column"),
        (lambda rolling: rolling.join([[1.0]]), "prices"),
        (lambda rolling: rolling.table(level=0), "level"),
        (lambda rolling: RollingScan(3, window=29), "window"),
        (lambda rolling: RollingScan(-1, window=30), "symbols"),
        (lambda rolling: RollingScan(3, window=30, scale="ratio"), "scale"),
    ],
)
def test_bad_input_is_named(call, named):
    rolling = feed(np.exp(factor_universe(np.random.default_rng(9), 60, 3)), window=50)
    with pytest.raises(InvalidParameter, match=f"^{named}: "):
        call(rolling)


@given(st.data())
def test_whatever_happens_in_whatever_order(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    window, symbols = 30, 3
    scale = data.draw(st.sampled_from(["log", "level"]))
    prices = np.exp(0.01 * rng.standard_normal((window, symbols)).cumsum(axis=0))
    rolling = feed(prices, window=window, scale=scale)
    for _ in range(data.draw(st.integers(1, 12))):
        match data.draw(
            st.sampled_from(["append", "append", "hole", "halt", "tick", "correct", "join", "leave"])
        ):
            case "append":
                for _ in range(data.draw(st.integers(1, 20))):
                    prices = np.vstack(
                        [
                            prices,
                            np.nan_to_num(prices[-1], nan=1.0)
                            * np.exp(0.01 * rng.standard_normal(prices.shape[1])),
                        ]
                    )
                    rolling.append(prices[-1])
            case "hole" | "halt" | "tick" as what:
                row = prices[-1].copy()
                if row.size:
                    row[0] *= {"hole": np.nan, "halt": 1.0, "tick": 10.0 ** rng.integers(-8, 9)}[what]
                prices = np.vstack([prices, row])
                rolling.append(row)
            case "correct":
                row = data.draw(st.integers(0, window - 1))
                prices[len(prices) - window + row] *= np.exp(0.01 * rng.standard_normal(prices.shape[1]))
                rolling.correct(row, prices[len(prices) - window + row])
            case "join":
                past = np.exp(0.01 * rng.standard_normal(data.draw(st.integers(0, 40))).cumsum())
                column = np.full(len(prices), np.nan)
                known = min(len(past), window)
                column[len(prices) - known :] = past[len(past) - known :]
                prices = np.column_stack([prices, column])
                rolling.join(past)
            case "leave":
                if prices.shape[1]:
                    column = data.draw(st.integers(0, prices.shape[1] - 1))
                    prices = np.delete(prices, column, axis=1)
                    rolling.leave(column)
    assert_same_tables(rolling.table(), scan_pairs(prices, window=window, scale=scale))

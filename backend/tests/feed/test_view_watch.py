"""Quotes and mark prices that stop coming: each stream by itself, against its own rate."""

import itertools

from quant.feed.view_watch import AGAIN_MOST_S, FIRST_S, LEAST_S, MOST_S, ViewWatch

BTC, ETH = "BTCUSDT", "ETHUSDT"


def watching(*symbols: str, floor_s: float = 0.0) -> ViewWatch:
    watch = ViewWatch("quotes", floor_s=floor_s)
    watch.carry(frozenset(symbols), now_s=0)
    return watch


def test_one_silent_stream_among_live_ones_is_noticed_and_the_live_ones_are_not():
    watch = watching(BTC, ETH)
    found: list[tuple[int, frozenset[str]]] = []
    for second in range(100):
        watch.heard(BTC, now_s=second)
        if second < 50:
            watch.heard(ETH, now_s=second)
        if asked := watch.overdue(second):
            found.append((second, asked))
    assert found == [(second, frozenset({ETH})) for second in (60, 70, 90)]


def test_a_stream_that_never_began_is_asked_for_again_ever_more_seldom():
    watch = watching(BTC)
    asked = [second for second in range(5000) if watch.overdue(second)]
    waits = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert asked[0] == FIRST_S + 1
    assert waits == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S, 16 * FIRST_S, 32 * FIRST_S] + [
        AGAIN_MOST_S
    ] * (len(waits) - 6)
    watch.heard(BTC, now_s=5000)
    assert not watch.overdue(5000 + MOST_S)
    assert watch.overdue(5000 + MOST_S + 1)


def test_a_mark_price_is_waited_for_no_longer_than_any_comes():
    watch = ViewWatch("trades")
    watch.carry(frozenset({BTC}), now_s=0)
    watch.heard(BTC, now_s=1)
    assert not watch.is_silent(BTC, now_s=1 + FIRST_S)
    assert watch.is_silent(BTC, now_s=2 + FIRST_S)


def test_a_book_that_changes_seldom_is_given_its_time():
    watch = watching(BTC)
    for second in range(0, 400, 8):
        watch.heard(BTC, now_s=second)
        assert not watch.overdue(second + 7.9)
    assert not watch.overdue(392 + 6 * 7.5)
    assert watch.overdue(392 + 6 * 8.5)


def test_what_is_not_asked_for_is_nobodys_worry():
    watch = watching(BTC)
    watch.carry(frozenset({ETH}), now_s=10)
    watch.heard(BTC, now_s=11)
    assert watch.overdue(1000) == {ETH}


def test_a_machines_hiccup_is_no_silence():
    watch = watching(BTC, floor_s=30)
    for second in range(50):
        watch.heard(BTC, now_s=second)
    assert not watch.overdue(49 + 30)
    assert watch.overdue(49 + 31)


def test_silence_lasts_until_the_next_one_comes_however_often_it_is_asked_for():
    watch = watching(BTC, ETH)
    for second in range(50):
        watch.heard(BTC, now_s=second)
    assert not watch.is_silent(BTC, now_s=49 + LEAST_S)
    for second in range(60, 300):
        watch.overdue(second)
        assert watch.is_silent(BTC, now_s=second)
    watch.heard(BTC, now_s=300)
    assert not watch.is_silent(BTC, now_s=300)
    assert not watch.is_silent("SOLUSDT", now_s=300)  # nobody asks for it here

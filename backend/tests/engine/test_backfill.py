"""Back-fill of a running market: one bad row, symbol or refusal costs what it is about, and nothing else."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

import pytest
from structlog.testing import capture_logs

from engine.trade_book import TradeBook, open_book
from feed.servers import eventually
from quant.clock import NS_PER_S, SystemClock
from quant.domain import Interval, TradeBatch
from quant.engine.backfill import Backfiller
from quant.engine.markets import LiveMarket
from quant.feed.pace import Pace
from quant.market.ledger import HoleState
from quant.market.state import MarketState

SPEED = 100.0
A, B = "AUSDT", "BUSDT"
HOUR_NS = 3600 * NS_PER_S


class Desk:
    """A market's state, and the back-fill at work on it."""

    def __init__(self, book: TradeBook) -> None:
        clock = SystemClock()
        self.book = book
        self.market = LiveMarket("m", ws_url="ws://127.0.0.1:1", rest_url=book.url, clock=clock, speed=SPEED)
        self.state = MarketState("m", intervals=[Interval.parse("1s")], tick_capacity=10_000)
        self.backfill = Backfiller(
            self.market,
            self.state,
            pace=Pace(clock, SPEED),
            reorder_ns=NS_PER_S,
            now=clock.wall_ns,
            on_fetched=lambda batch: void(self.state.apply(batch)),
            on_denied=lambda symbol, first, last: self.state.confirm_missing(
                symbol, first_id=first, last_id=last
            ),
        )

    def hear(self, symbol: str, ids: Iterable[int], *, age_ns: int = 0) -> None:
        batch = self.book.batch(symbol, ids)
        self.state.apply(
            TradeBatch(
                batch.names,
                batch.codes,
                batch.ids,
                batch.ts_event - age_ns,
                batch.ts_recv,
                batch.prices,
                batch.sizes,
                batch.sells,
                batch.counts,
            )
        )

    def open_ids(self, symbol: str) -> list[tuple[int, int]]:
        return [(hole.first_id, hole.last_id) for hole in self.state.open_holes(symbol)]

    def confirmed(self, symbol: str) -> list[tuple[int, int]]:
        holes = self.state.holes(symbol)
        return [(hole.first_id, hole.last_id) for hole in holes if hole.state is HoleState.CONFIRMED]

    async def opens(self, symbol: str, *ids: tuple[int, int]) -> None:
        await eventually(lambda: self.open_ids(symbol) == list(ids), what=f"only {ids} of {symbol} are open")


def void(_: object) -> None:
    """Return nothing."""


def at_work(book: TradeBook, scenario: Callable[[Desk], Awaitable[None]]) -> None:
    """Run `scenario` beside a back-fill from `book`; it begins when the scenario first waits."""

    async def run() -> None:
        async with open_book(book):
            desk = Desk(book)
            await desk.market.open()
            task = asyncio.create_task(desk.backfill.run())
            try:
                await scenario(desk)
                assert not task.done()
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await desk.market.close()

    with capture_logs():
        asyncio.run(run())


def test_an_id_for_which_there_is_no_trade_is_confirmed_and_its_neighbours_are_had() -> None:
    book = TradeBook({A: 6_000})
    book.void = {5_005, 5_006}

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(5_000), *range(5_900, 6_001)])
        await desk.opens(A)
        assert desk.confirmed(A) == [(5_005, 5_006)]
        assert desk.market.quarantined(A) == 0

    at_work(book, scenario)


@pytest.mark.parametrize("known_to", [4_999, 5_400])
def test_a_copy_of_the_exchange_that_lags_denies_nothing(known_to: int) -> None:
    """Its answer is well-formed, and empty or cut short."""
    book = TradeBook({A: 6_000})
    book.lagging_at = known_to

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(1_000), *range(1_100, 5_000), *range(5_900, 6_001)])
        await desk.opens(A, (known_to + 1, 5_899))
        await eventually(lambda: len(book.asked[A]) >= 6, what="the rest is asked for time and again")
        assert not desk.confirmed(A)
        book.lagging_at = None
        await desk.opens(A)
        assert not desk.confirmed(A)

    at_work(book, scenario)


def test_what_is_behind_a_silent_stream_is_had_once_the_exchange_tells_of_it() -> None:
    book = TradeBook({A: 6_000})
    book.lagging_at = 5_000

    async def scenario(desk: Desk) -> None:
        desk.hear(A, range(5_001))
        desk.backfill.behind(A, 6_000)
        await eventually(lambda: len(book.asked[A]) >= 3, what="it is asked for time and again")
        book.lagging_at = None
        await eventually(lambda: desk.state.last_id(A) == 6_000, what="all of it is had")
        assert not desk.state.holes(A)

    at_work(book, scenario)


def test_an_empty_answer_does_not_end_what_is_asked_of_a_long_pause() -> None:
    """Of ids after a trade that is too old the exchange need not know; some of them it does all the same."""
    book = TradeBook({A: 6_000})
    book.lagging_at, book.oldest_id, book.refuses_old = 5_000, 5_100, False

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [1_000], age_ns=72 * HOUR_NS)
        desk.hear(A, range(5_900, 6_001))
        await eventually(lambda: len(book.asked[A]) >= 2, what="it is asked for")
        book.lagging_at = None
        await desk.opens(A, (1_001, 5_099))

    at_work(book, scenario)


@pytest.mark.parametrize("price", ["NaN", 5, "-1", "0"])
def test_a_bad_row_leaves_only_its_own_id_open(price: object) -> None:
    book = TradeBook({A: 6_000})
    book.broken = {5_005: price}

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(1_000), *range(1_100, 5_000), *range(5_900, 6_001)])
        await desk.opens(A, (5_005, 5_005))
        assert desk.market.quarantined(A) > 0
        book.broken.clear()
        await desk.opens(A)
        assert not desk.confirmed(A)

    at_work(book, scenario)


def test_gaps_do_not_wait_for_an_id_that_is_asked_for_in_vain() -> None:
    book = TradeBook({A: 6_000})
    book.broken = {1_005: "NaN"}

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(1_000), *range(1_100, 6_001)])
        await desk.opens(A, (1_005, 1_005))
        assert desk.backfill.fills_from(A) == book.times(A, [999])[0], "it may come yet"
        await eventually(lambda: desk.backfill.fills_from(A) is None, what="nothing is waited for")
        desk.hear(A, [6_100])
        assert desk.backfill.fills_from(A) == book.times(A, [6_000])[0], (
            "nor for what is older than a new hole"
        )

    at_work(book, scenario)


def test_a_row_from_the_future_is_left_open() -> None:
    """Also the last of an answer, which no successor belies."""
    book = TradeBook({A: 6_000})
    book.ahead_ns = {5_005: 24 * HOUR_NS, 5_899: 24 * HOUR_NS}

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(5_000), *range(5_900, 6_001)])
        await desk.opens(A, (5_005, 5_005), (5_899, 5_899))

    at_work(book, scenario)


def test_a_block_that_gets_no_answer_holds_up_no_older_hole_and_no_other_symbol() -> None:
    book = TradeBook({A: 6_000, B: 60_000})
    book.choking = {(A, 5_005)}

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(1_000), *range(1_100, 5_000), *range(5_900, 6_001)])
        desk.hear(B, [*range(100), *range(59_000, 60_001)])
        await desk.opens(B)
        await desk.opens(A, (5_005, 5_005))  # found by halving
        book.choking.clear()
        await desk.opens(A)

    at_work(book, scenario)


def test_the_oldest_hole_is_filled_while_new_ones_are_found_all_the_time() -> None:
    book = TradeBook({A: 2_000_000})

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [*range(100), 150, *range(300, 400)])
        lost = 400
        while desk.open_ids(A) and desk.open_ids(A)[0][0] < 300:
            assert lost < 1_000_000, "the oldest waits for ever"
            for _ in range(4):  # more than four questions' worth
                desk.hear(A, [lost + 1_500])
                lost += 1_501
            answered = len(book.asked[A])
            await eventually(lambda answered=answered: len(book.asked[A]) > answered, what="a question")
        assert len(desk.open_ids(A)) > 1
        assert (100, 1_000) in book.asked[A], "both of the oldest holes in one question"

    at_work(book, scenario)


def test_a_restart_after_longer_than_the_exchange_reaches_begins_where_it_reaches() -> None:
    """The trade that we have is three days old, and the exchange answers for the newest 1,234."""
    book = TradeBook({A: 500_000})
    book.oldest_id = 500_000 - 1_233

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [1_000], age_ns=72 * HOUR_NS)
        desk.backfill.behind(A, 500_000)
        await desk.opens(A, (1_001, book.oldest_id - 1))
        assert len(book.asked[A]) == len(set(book.asked[A])), "a question is asked again"
        assert len(book.asked[A]) < 50

    at_work(book, scenario)


def test_an_exchange_that_refuses_whatever_is_asked_is_left_in_peace() -> None:
    book = TradeBook({A: 500_000, B: 5_000})
    book.oldest_id = 600_000

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [1_000], age_ns=72 * HOUR_NS)
        desk.backfill.behind(A, 500_000)
        await eventually(lambda: (500_000, 1) in book.asked[A], what="the newest id is asked for, last")
        book.oldest_id = 0
        desk.hear(B, [1, *range(4_000, 5_001)])
        await desk.opens(B)
        assert len(book.asked[A]) == len(set(book.asked[A])), "a question is asked again"
        assert book.asked[A][-1] == (500_000, 1)

    at_work(book, scenario)


def test_ids_before_the_exchanges_first_row_are_not_taken_for_missing_when_they_are_too_old() -> None:
    book = TradeBook({A: 6_000})
    book.oldest_id, book.refuses_old = 5_500, False

    async def scenario(desk: Desk) -> None:
        desk.hear(A, [4_999], age_ns=49 * HOUR_NS)
        desk.hear(A, range(5_900, 6_001))
        await desk.opens(A, (5_000, 5_499))
        assert not desk.confirmed(A)

    at_work(book, scenario)

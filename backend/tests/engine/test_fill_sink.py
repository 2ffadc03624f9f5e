"""A back-fill that was asked for: what it reports is what is on the disk, and what the exchange really said."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.trade_book import TradeBook, open_book
from quant.clock import SystemClock
from quant.domain import Interval, TradeBatch
from quant.engine.fill_sink import FillSink
from quant.engine.importer import Importer
from quant.engine.jobs import Job
from quant.engine.persistence import Persistence
from quant.engine.protocol import BackfillOrder, FillReport, JobView
from quant.errors import StorageError
from quant.feed.binance_rest import BinanceRest
from quant.market.state import MarketState
from quant.storage.history_ledger import HISTORY_LEDGER_NAME

A = "AUSDT"
MARKET = "m"
HOUR_NS = 3600 * 10**9


@dataclass
class Served:
    """A market that is served while a job works, with the state's only writer."""

    persistence: Persistence
    streamed: set[str] = field(default_factory=lambda: {A})
    state: MarketState = field(
        default_factory=lambda: MarketState(MARKET, intervals=[Interval.parse("1s")], tick_capacity=10_000)
    )

    def fill(self, batch: TradeBatch) -> None:
        fresh = self.state.apply(batch)
        if fresh.any():
            self.persistence.keep(self.state, batch.at(fresh))

    def deny(self, symbol: str, *, first_id: int, last_id: int) -> None:
        self.state.confirm_missing(symbol, first_id=first_id, last_id=last_id)
        self.persistence.keep(self.state)


@dataclass
class Bench:
    book: TradeBook
    folder: Path
    persistence: Persistence
    served: Served
    slept_s: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)

    def sink(self, *, beside: bool = False, settle_s: float = 10.0) -> FillSink:
        importer = Importer(
            self.folder,
            intervals=[Interval.parse("1s")],
            store=self.persistence.store,
            history=self.persistence.history,
        )
        running = self.served if beside else None
        return FillSink(
            MARKET,
            self.persistence,
            importer,
            running=running,  # type: ignore[arg-type]  all that the sink needs of one
            sleep=self.sleep,
            settle_s=settle_s,
        )

    async def fill(self, first: int, last: int, *, beside: bool = False, settle_s: float = 10.0) -> JobView:
        """Have these ids filled; return the job's last view."""
        job = Job("backfill", A)
        rest = BinanceRest(self.book.url)
        order = BackfillOrder((A,), None, None, first, last)
        now_ns = self.book.times(A, [self.book.last_ids[A]])[0]
        try:
            await self.sink(beside=beside, settle_s=settle_s).fill(job, order, rest, now_ns=now_ns)
        finally:
            await rest.close()
        job.finish()
        return job.view()

    def rows_in_file(self) -> int:
        return sum(chunk.rows for chunk in self.persistence.store.journal.tick_chunks(MARKET, A))

    def stored_ids(self) -> list[int]:
        return self.persistence.store.ticks(MARKET, A).ids.tolist()


def with_bench(book: TradeBook, folder: Path, scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        persistence = Persistence(folder, clock=SystemClock(), tick_days=0, bar_days=0)
        await persistence.open()
        try:
            async with open_book(book):
                await scenario(Bench(book, folder, persistence, Served(persistence)))
        finally:
            await persistence.close()

    with capture_logs():
        asyncio.run(run())


def report(view: JobView) -> FillReport:
    (fill,) = view.fills
    return fill


# --- what the exchange said ---


def test_ids_below_an_exchanges_first_row_are_left_not_confirmed(tmp_path: Path) -> None:
    book = TradeBook({A: 901_000})
    book.oldest_id, book.refuses_old = 900_000, False

    async def scenario(bench: Bench) -> None:
        view = await bench.fill(1_000, 3_000)
        assert (report(view).confirmed, report(view).left) == (0, ((1_000, 3_000),))
        assert bench.persistence.store.holes(MARKET, A) == ()
        half = report(await bench.fill(899_000, 900_999))
        assert (half.received, half.confirmed, half.left) == (1_000, 0, ((899_000, 899_999),))

    with_bench(book, tmp_path, scenario)


def test_an_id_behind_a_stored_trade_within_reach_is_confirmed_when_denied_twice(tmp_path: Path) -> None:
    book = TradeBook({A: 6_000})
    book.void = {5_000, 5_001, 5_500}

    async def scenario(bench: Bench) -> None:
        bench.persistence.journal.append(MARKET, book.batch(A, [4_990]))
        view = await bench.fill(5_000, 5_600)
        assert (report(view).received, report(view).confirmed, report(view).left) == (598, 3, ())
        holes = [(hole.first_id, hole.last_id) for hole in bench.persistence.store.holes(MARKET, A)]
        assert holes == [(5_000, 5_001), (5_500, 5_500)]
        assert (5_000, 3) in book.asked[A], "the second question is about the denied ids alone"

    with_bench(book, tmp_path, scenario)


def test_ids_above_the_last_row_of_a_copy_that_lags_are_left_not_confirmed(tmp_path: Path) -> None:
    book = TradeBook({A: 6_000})
    book.lagging_at = 5_100

    async def scenario(bench: Bench) -> None:
        bench.persistence.journal.append(MARKET, book.batch(A, [4_990]))
        view = await bench.fill(5_000, 5_600)
        assert (report(view).received, report(view).confirmed) == (101, 0)
        assert report(view).left == ((5_101, 5_600),)

    with_bench(book, tmp_path, scenario)


def test_what_is_too_old_is_said_and_what_is_not_is_fetched(tmp_path: Path) -> None:
    book = TradeBook({A: 6_000})
    book.oldest_id = 4_321

    async def scenario(bench: Bench) -> None:
        view = await bench.fill(2_000, 5_000)
        assert report(view).left == ((2_000, 4_320),)
        assert bench.stored_ids() == list(range(4_321, 5_001))
        assert view.state == "failed"
        assert "2000 to 4320 are too old" in view.errors[0]

    with_bench(book, tmp_path, scenario)


def test_a_bad_row_is_left_and_the_rest_is_had(tmp_path: Path) -> None:
    book = TradeBook({A: 6_000})
    book.broken = {2_500: "NaN", 3_000: "NaN"}

    async def scenario(bench: Bench) -> None:
        view = await bench.fill(2_000, 3_000)
        assert (report(view).confirmed, report(view).left) == (0, ((2_500, 2_500), (3_000, 3_000)))
        assert len(bench.stored_ids()) == 999

    with_bench(book, tmp_path, scenario)


@pytest.mark.parametrize(
    ("refusal", "waits_s"), [((503, ""), 0.0), ((429, "Retry-After: 0\r\n"), 0.0), ((502, ""), 0.0)]
)
def test_an_exchange_in_trouble_is_asked_again(
    tmp_path: Path, refusal: tuple[int, str], waits_s: float
) -> None:
    book = TradeBook({A: 6_000})
    book.refusals = [refusal] * 4

    async def scenario(bench: Bench) -> None:
        view = await bench.fill(2_000, 5_000)
        assert (view.state, view.errors, report(view).left) == ("done", (), ())
        assert len([each for each in bench.slept_s if each > waits_s]) == 4

    with_bench(book, tmp_path, scenario)


def test_an_exchange_that_stays_away_ends_the_symbol_with_what_was_had(tmp_path: Path) -> None:
    book = TradeBook({A: 6_000})
    book.choking = {(A, 3_500)}

    async def scenario(bench: Bench) -> None:
        view = await bench.fill(2_000, 5_000)
        assert view.state == "failed"
        assert "503" in view.errors[0]
        assert (report(view).received, report(view).left) == (1_000, ((3_000, 5_000),))

    with_bench(book, tmp_path, scenario)


# --- what is stored ---


def test_trades_are_stored_once_though_the_market_has_had_them_meanwhile(tmp_path: Path) -> None:
    book = TradeBook({A: 1_000})

    async def scenario(bench: Bench) -> None:
        bench.served.fill(book.batch(A, [*range(100, 150), *range(160, 200)]))
        bench.persistence.journal.wait_committed()
        sink = bench.sink(beside=True)
        bench.served.fill(book.batch(A, range(150, 155)))  # its own back-fill, after the job has looked
        await sink.take(book.batch(A, range(150, 160)))
        await sink.take(book.batch(A, range(90, 100)))  # the market knows of no hole there
        await sink.take(book.batch(A, range(90, 100)))
        assert bench.stored_ids() == list(range(90, 200))
        assert bench.rows_in_file() == 110

    with_bench(book, tmp_path, scenario)


def test_a_denial_that_the_market_cannot_list_is_not_reported_as_confirmed(tmp_path: Path) -> None:
    book = TradeBook({A: 1_000})
    book.void = {95, 155}

    async def scenario(bench: Bench) -> None:
        bench.served.fill(book.batch(A, [*range(100, 150), *range(160, 200)]))
        bench.persistence.journal.append(MARKET, book.batch(A, [80]))
        bench.persistence.journal.wait_committed()
        view = await bench.fill(90, 160, beside=True)
        assert (report(view).confirmed, report(view).left) == (1, ((95, 95),))
        holes = [(hole.first_id, hole.last_id) for hole in bench.persistence.store.holes(MARKET, A)]
        assert holes == [(155, 155)]

    with_bench(book, tmp_path, scenario)


def test_a_job_whose_trades_cannot_be_stored_fails(tmp_path: Path) -> None:
    book = TradeBook({A: 6_000})
    folder = tmp_path / "data"
    folder.write_text("a file where the directory should be")

    async def scenario(bench: Bench) -> None:
        view = await bench.fill(5_000, 5_100, settle_s=0.2)
        assert view.state == "failed"
        assert "its bars stay as they are" in view.errors[0]
        assert (report(view).received, report(view).left) == (0, ((5_000, 5_100),))
        folder.unlink()  # so that the journal can end

    with_bench(book, folder, scenario)


def test_trades_whose_days_cannot_be_owed_bars_are_not_stored(tmp_path: Path) -> None:
    """Stored first, they would be in no bar, and nobody asks for what is there: a job can end at any time."""
    book = TradeBook({A: 6_000})

    async def scenario(bench: Bench) -> None:
        sink = bench.sink()
        (tmp_path / HISTORY_LEDGER_NAME).unlink(missing_ok=True)
        (tmp_path / HISTORY_LEDGER_NAME).mkdir()
        with pytest.raises(StorageError, match=HISTORY_LEDGER_NAME):
            await sink.take(book.batch(A, range(5_000, 5_100)))
        assert bench.stored_ids() == []

    with_bench(book, tmp_path, scenario)

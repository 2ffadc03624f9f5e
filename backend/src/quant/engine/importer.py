"""Files into the history, one after the other, and then the bars of the days they have changed."""

import re
from collections.abc import Sequence
from pathlib import Path

from quant.domain import Interval
from quant.engine.bar_building import build_owed, owed_days, with_neighbours
from quant.engine.jobs import Job
from quant.engine.protocol import FileReport, ImportOptions
from quant.errors import ArchiveError, InvalidParameter, QuantError
from quant.feed.archive import Archive, ArchiveKind, open_archive
from quant.storage.history import History
from quant.storage.history_ledger import HISTORY_LEDGER_NAME, HistoryLedger
from quant.storage.import_ledger import IMPORTS_NAME, ImportLedger
from quant.storage.importing import ImportProgress, ImportReport, import_file
from quant.storage.store import Store

TRADES_SUFFIX = "-trades"
HOLES_SHOWN = 10

_MARKET = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_MADE_HERE = ("sim-", "replay-")


class Importer:
    """Fills one data directory's history; its owner makes it. `run` blocks: it belongs on a thread of its own."""

    def __init__(
        self, data_dir: Path, *, intervals: Sequence[Interval], store: Store, history: History
    ) -> None:
        self._intervals = intervals
        self._store = store
        self._history = history
        self._imports = ImportLedger(data_dir / IMPORTS_NAME)
        self._days = HistoryLedger(data_dir / HISTORY_LEDGER_NAME)

    def run(self, job: Job, paths: Sequence[Path], options: ImportOptions) -> None:
        """Import the files and build the bars; what is wrong with one file is noted and holds up no other.

        Raises JobStopped where the job is asked to end; the same order goes on there.
        """
        sizes = [_size(path) for path in paths]
        job.begin(bytes_total=sum(sizes))
        rows = done = 0
        for path, size in zip(paths, sizes, strict=True):
            try:
                report = self._one(job, path, options, rows_before=rows, bytes_before=done)
                job.add_file(report)
                rows += report.rows
            except QuantError as error:
                job.add_error(error.message)
            except OSError as error:
                job.add_error(f"{path.name}: {error}")
            done += size
        self.build_bars(job)

    def build_bars(self, job: Job) -> None:
        """Build the bars of all days that are owed."""
        try:
            days = owed_days(self._store, self._days)
            job.note("building bars" if days else "", days_done=0, days_total=len(days))
            built = build_owed(self._store, self._history, self._days, days=days, intervals=self._intervals)
            for done, _ in enumerate(built, start=1):
                job.note("building bars", days_done=done)
        except QuantError as error:
            job.add_error(error.message)
        except OSError as error:
            job.add_error(str(error))

    def owe(self, market: str, symbol: str, days: set[int]) -> None:
        """Note that trades of these days are about to change."""
        self._days.owe(with_neighbours(market, symbol, days))

    def _one(
        self, job: Job, path: Path, options: ImportOptions, *, rows_before: int, bytes_before: int
    ) -> FileReport:
        job.note(f"checking {path.name}", bytes_done=bytes_before)
        archive = open_archive(path, symbol=options.symbol, interval=options.interval)
        market = market_of(archive.kind, options.market)

        def progress(at: ImportProgress) -> None:
            job.note(
                f"reading {path.name}", rows=rows_before + at.rows, bytes_done=bytes_before + at.bytes_done
            )

        report = import_file(
            archive,
            market=market,
            history=self._history,
            ledger=self._imports,
            on_progress=progress,
            on_days=lambda days: self.owe(market, archive.symbol, days),
            again=options.again,
        )
        return _report(archive, report)


def market_of(kind: ArchiveKind, market: str) -> str:
    """Return the market that rows of such a file belong to: plain trades have ids of another kind than aggTrades."""
    return f"{market}{TRADES_SUFFIX}" if kind is ArchiveKind.TRADES else market


def check_market(market: str) -> str:
    """Return the name; raise InvalidParameter for one that no import may fill."""
    if not _MARKET.fullmatch(market) or market.endswith(TRADES_SUFFIX):
        raise InvalidParameter("market", f"{market[:60]!r} is no name such as binance-um or binance-spot")
    if market.startswith(_MADE_HERE):
        raise InvalidParameter("market", f"{market!r} makes its own trades: nothing is imported into it")
    return market


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # the attempt to open it says why


def _report(archive: Archive, report: ImportReport) -> FileReport:
    return FileReport(
        name=report.name,
        market=report.market,
        symbol=report.symbol,
        interval=report.interval,
        checked=archive.checked,
        rows=report.rows,
        resumed_from=report.resumed_from,
        first=report.first,
        last=report.last,
        duplicates=report.duplicates,
        out_of_order=report.out_of_order,
        holes=tuple((hole.first_id, hole.last_id) for hole in report.holes[:HOLES_SHOWN]),
        hole_count=len(report.holes),
        missing=report.missing,
    )


def check_archives(names: Sequence[str]) -> tuple[Path, ...]:
    """Return the paths of files to import; raise ArchiveError naming the first that is not a file."""
    paths = tuple(Path(name).expanduser().absolute() for name in names)
    for path in paths:
        if not path.is_file():
            raise ArchiveError(str(path), "is not a file")
    return paths

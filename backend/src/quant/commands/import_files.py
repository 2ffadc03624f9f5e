"""`quant import`: archives of trades and bars into the history, here or by the server that owns it."""

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

from quant.commands.handover import RunningServer, running_server
from quant.commands.progress import follow, report
from quant.domain import Interval
from quant.engine.importer import Importer, check_archives, check_market
from quant.engine.jobs import Job, JobStopped
from quant.engine.protocol import ImportOptions, JobView
from quant.errors import DataDirectoryInUse
from quant.settings import Settings, load_settings
from quant.storage.directory import DataDirectory
from quant.storage.history import History
from quant.storage.store import HISTORY_NAME, Store

INTERRUPTED = 130


def run(arguments: argparse.Namespace) -> int:
    """Import the files; return the exit code."""
    settings = load_settings()
    paths = check_archives(arguments.files)
    symbol = arguments.symbol.strip().upper() if arguments.symbol else None
    options = ImportOptions(check_market(arguments.market), symbol, arguments.interval, arguments.again)
    directory = DataDirectory(settings.data_dir)
    try:
        directory.claim()
    except DataDirectoryInUse:
        server = running_server(settings.data_dir)
        if server is None:
            raise
        return _hand_over(server, paths, options)
    try:
        return _import_here(settings, paths, options)
    finally:
        directory.release()


def _import_here(settings: Settings, paths: tuple[Path, ...], options: ImportOptions) -> int:
    ended = import_into(settings.data_dir, paths, options, intervals=settings.intervals)
    if ended is None:
        print("Stopped. The same command goes on from here.")  # noqa: T201
        return INTERRUPTED
    return report(ended)


def import_into(
    data_dir: Path, paths: tuple[Path, ...], options: ImportOptions, *, intervals: Sequence[Interval]
) -> JobView | None:
    """Import the files and show how far it is; return how it ended, None where it was interrupted."""
    history = History(data_dir / HISTORY_NAME)
    history.sweep()
    importer = Importer(data_dir, intervals=intervals, store=Store(data_dir), history=history)
    job = Job("import", ", ".join(path.name for path in paths))
    worker = threading.Thread(target=_work, args=(importer, job, paths, options), name="import")
    worker.start()
    try:
        return follow(job.view)
    except KeyboardInterrupt:
        return None
    finally:
        job.stop()
        worker.join()


def _work(importer: Importer, job: Job, paths: tuple[Path, ...], options: ImportOptions) -> None:
    try:
        importer.run(job, paths, options)
    except JobStopped:
        job.finish(stopped=True)
    except BaseException as error:
        job.add_error(f"internal error: {error!r}")
        job.finish()
        raise
    else:
        job.finish()


def _hand_over(server: RunningServer, paths: tuple[Path, ...], options: ImportOptions) -> int:
    job = server.ask(
        "import",
        {
            "paths": [str(path) for path in paths],
            "market": options.market,
            "symbol": options.symbol,
            "interval": options.interval,
            "again": options.again,
        },
    )

    def look() -> JobView:
        return server.look(job)

    try:
        return report(follow(look))
    except KeyboardInterrupt:
        print(f"The server goes on with it: GET /import/{job.id} tells how far it is.")  # noqa: T201
        return INTERRUPTED

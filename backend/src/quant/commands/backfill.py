"""`quant backfill`: missing trades from the exchange into the store, here or by the server that owns it."""

import argparse
import asyncio
import sys

from quant.api.given import instant
from quant.clock import SystemClock
from quant.commands.handover import RunningServer, running_server
from quant.commands.progress import POLL_S, ProgressLine, follow, report
from quant.engine.fill_job import check_order
from quant.engine.fill_sink import FillSink
from quant.engine.importer import Importer
from quant.engine.jobs import Job, JobStopped
from quant.engine.markets import make_market
from quant.engine.persistence import Persistence
from quant.engine.protocol import BackfillOrder
from quant.engine.source import parse_source
from quant.errors import DataDirectoryInUse, InvalidParameter, UnknownSymbol
from quant.settings import Settings, load_settings
from quant.storage.directory import DataDirectory

INTERRUPTED = 130


def run(arguments: argparse.Namespace) -> int:
    """Fetch what is missing; return the exit code."""
    settings = load_settings(source=arguments.source)
    symbols = [symbol.strip().upper() for symbol in arguments.symbols.split(",") if symbol.strip()]
    order = check_order(
        BackfillOrder(
            tuple(dict.fromkeys(symbols)),
            None if arguments.start is None else instant(arguments.start, "start"),
            None if arguments.end is None else instant(arguments.end, "end"),
            arguments.from_id,
            arguments.to_id,
        )
    )
    directory = DataDirectory(settings.data_dir)
    try:
        directory.claim()
    except DataDirectoryInUse:
        server = running_server(settings.data_dir)
        if server is None:
            raise
        return _hand_over(server, arguments, order)
    try:
        return asyncio.run(_fill_here(settings, order))
    finally:
        directory.release()


async def _fill_here(settings: Settings, order: BackfillOrder) -> int:
    clock = SystemClock()
    source = parse_source(settings.source)
    market = make_market(source, settings, clock)
    if not market.live:
        raise InvalidParameter("source", f"{source.text} is a recording: there is nobody to ask")
    persistence = Persistence(settings.data_dir, clock=clock, tick_days=0, bar_days=0)
    await persistence.open()
    try:
        await market.open()
        for symbol in order.symbols:
            if symbol not in market.specs:
                raise UnknownSymbol(symbol, market.name)
        importer = Importer(
            settings.data_dir,
            intervals=settings.intervals,
            store=persistence.store,
            history=persistence.history,
        )
        assert market.rest is not None  # noqa: S101  a live market that is open can be asked
        job = Job("backfill", ", ".join(order.symbols))
        sink = FillSink(market.name, persistence, importer)
        work = asyncio.create_task(sink.fill(job, order, market.rest, now_ns=clock.wall_ns()))
        await _show(job, work, importer)
    finally:
        await market.close()
        await persistence.close()
    return report(job.view())


async def _show(job: Job, work: "asyncio.Task[None]", importer: Importer) -> None:
    """Draw the job until its trades are fetched and its bars are built."""
    line = ProgressLine(sys.stderr)
    try:
        while not work.done():
            line.show(job.view())
            await asyncio.wait([work], timeout=POLL_S)
        await work
        building = asyncio.create_task(asyncio.to_thread(importer.build_bars, job))
        while not building.done():
            line.show(job.view())
            await asyncio.wait([building], timeout=POLL_S)
        await building
    except JobStopped:
        job.finish(stopped=True)
    else:
        job.finish()
    finally:
        line.end()


def _hand_over(server: RunningServer, arguments: argparse.Namespace, order: BackfillOrder) -> int:
    job = server.ask(
        "backfill",
        {
            "symbols": list(order.symbols),
            "start": arguments.start,
            "end": arguments.end,
            "from_id": arguments.from_id,
            "to_id": arguments.to_id,
        },
    )
    try:
        return report(follow(lambda: server.look(job)))
    except KeyboardInterrupt:
        print(f"The server goes on with it: GET /backfill/{job.id} tells how far it is.")  # noqa: T201
        return INTERRUPTED

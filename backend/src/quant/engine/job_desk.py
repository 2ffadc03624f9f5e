"""Imports and back-fills of a running engine: one at a time each, off the event loop, followed by their number."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path

import structlog

from quant.engine.importer import Importer, check_archives, check_market
from quant.engine.jobs import Job, JobBook, JobStopped
from quant.engine.protocol import ImportOptions, JobKind, JobView
from quant.errors import InvalidParameter, NoRoom, NotFound, StorageError, TooLarge, Unavailable

log = structlog.get_logger()

UPLOADS = "uploads"
MAX_UPLOAD_BYTES = 4 << 30
SPARE_BYTES = 512 << 20
"""What an upload leaves free: the journal needs room more than anybody."""

LATE_PAUSE_S = 20.0
"""Without late trades, before the bars of their days are built anew."""

RETRY_S = 1.0
"""After a disk that refused to have days noted."""

MAX_NAME_BYTES = 255  # of a file system; a name of letters beyond ASCII has fewer of them
_FILE_NAME = re.compile(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]*")

CHECK_EVERY_BYTES = 32 << 20
MAX_WAITING = 20


class JobDesk:
    """Runs jobs in the order of their coming."""

    def __init__(
        self, data_dir: Path, importer: Importer, *, max_upload_bytes: int = MAX_UPLOAD_BYTES
    ) -> None:
        self._uploads = data_dir / UPLOADS
        self._importer = importer
        self._max_upload_bytes = max_upload_bytes
        self._book = JobBook()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._late_days: set[tuple[str, str, int]] = set()
        self._late_at_s = 0.0
        self._late_tasks: set[asyncio.Task[None]] = set()
        self._owing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Forget uploads of an earlier run, and build the bars that it still owed."""
        await asyncio.to_thread(shutil.rmtree, self._uploads, ignore_errors=True)
        job = Job("import", "bars of earlier imports")
        self._start(job, asyncio.to_thread(self._owed, job))

    def trades_came_late(self, market: str, symbol: str, days: set[int]) -> None:
        """Have the stored bars of these days (since the epoch) built anew, once no more such trades come.

        Memory no longer holds those bars; that they are owed is on the disk at once.
        """
        self._late_at_s = asyncio.get_running_loop().time()
        fresh = {(market, symbol, day) for day in days} - self._late_days
        if not fresh:
            return
        is_first = not self._late_days
        self._late_days |= fresh
        owing = self._owe(market, symbol, {day for _, _, day in fresh})
        self._hold(asyncio.create_task(owing, name="owe bars"), self._owing)
        if is_first:
            self._hold(asyncio.create_task(self._rebuild_late(), name="late trades"), self._late_tasks)

    async def _owe(self, market: str, symbol: str, days: set[int]) -> None:
        """Note the days, again and again where the disk refuses: nothing else knows of them."""
        while True:
            try:
                await asyncio.to_thread(self._importer.owe, market, symbol, days)
            except (OSError, StorageError) as error:
                log.error("job.days_not_noted", market=market, symbol=symbol, error=str(error))
            else:
                return
            await asyncio.sleep(RETRY_S)

    async def _rebuild_late(self) -> None:
        await self._wait_for_the_last_of_them()
        self._late_days.clear()
        await asyncio.gather(*self._owing)
        job = Job("backfill", "bars of late trades")
        self._start(job, asyncio.to_thread(self._owed, job))

    async def _wait_for_the_last_of_them(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s = LATE_PAUSE_S
        while wait_s > 0:
            await asyncio.sleep(wait_s)
            wait_s = self._late_at_s + LATE_PAUSE_S - loop.time()

    async def close(self) -> None:
        """Stop what runs; what it has stored stays, and the same order goes on from there."""
        for task in (*self._late_tasks, *self._owing):
            task.cancel()  # what is owed is built after the next start
        self._book.stop_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def import_files(self, names: Sequence[str], options: ImportOptions) -> JobView:
        """Start to import files; raises InvalidInput for a market that takes none, ArchiveError for what is no file."""
        check_market(options.market)
        paths = check_archives(names)
        job = Job("import", ", ".join(path.name for path in paths))
        return self._add(job, asyncio.to_thread(self._importer.run, job, paths, options))

    async def import_upload(self, name: str, chunks: AsyncIterator[bytes], options: ImportOptions) -> JobView:
        """Write what comes into a file of that name and start to import it; the file goes when that is done.

        Raises TooLarge and NoRoom, also in the middle.
        """
        check_market(options.market)
        if not _FILE_NAME.fullmatch(name) or len(os.fsencode(name)) > MAX_NAME_BYTES:
            raise InvalidParameter(
                "name", f"{name[:100]!r} is not a file's name such as BTCUSDT-1m-2025-03.zip"
            )
        self._check_queue()
        job = Job("import", name)
        path = self._uploads / job.id / name
        try:
            await self._write(path, chunks)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, path.parent, ignore_errors=True)
            raise
        return self._add(job, self._import_and_remove(job, path, options))

    def add_backfill(self, job: Job, work: Callable[[], Coroutine[object, object, None]]) -> JobView:
        """Start a back-fill; when it is through, the bars that its trades change are built."""

        async def whole() -> None:
            await work()
            await asyncio.to_thread(self._importer.build_bars, job)

        self._check_queue()
        return self._add(job, whole())

    def job(self, kind: JobKind, job_id: str) -> JobView:
        """Return where the job stands; raises NotFound."""
        job = self._book.get(job_id, kind)
        if job is None:
            raise NotFound(f"there is no {kind} {job_id[:40]!r}")
        return job.view()

    def jobs(self, kind: JobKind) -> tuple[JobView, ...]:
        return tuple(job.view() for job in self._book.all(kind))

    def _add(self, job: Job, work: Coroutine[object, object, None]) -> JobView:
        try:
            self._check_queue()
        except Unavailable:
            work.close()
            raise
        self._book.add(job)
        self._start(job, work)
        return job.view()

    def _check_queue(self) -> None:
        if len(self._tasks) >= MAX_WAITING:
            raise Unavailable(f"{MAX_WAITING} imports and back-fills are waiting already: ask again later")

    def _hold(self, task: asyncio.Task[None], tasks: set[asyncio.Task[None]]) -> None:
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _start(self, job: Job, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(self._run(job, work), name=f"{job.kind} {job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: Job, work: Coroutine[object, object, None]) -> None:
        async with self._turn:
            try:
                await work
            except JobStopped:
                job.finish(stopped=True)
            except Exception as error:  #  the task's edge: the job says what happened
                log.exception("job.failed", kind=job.kind, job=job.id)
                job.add_error(f"internal error: {error!r}")
                job.finish()
            else:
                job.finish()
        view = job.view()
        log.info("job.ended", kind=job.kind, title=job.title, state=view.state, rows=view.rows)

    def _owed(self, job: Job) -> None:
        job.begin()
        self._importer.build_bars(job)

    async def _import_and_remove(self, job: Job, path: Path, options: ImportOptions) -> None:
        try:
            await asyncio.to_thread(self._importer.run, job, (path,), options)
        finally:
            await asyncio.to_thread(shutil.rmtree, path.parent, ignore_errors=True)

    async def _write(self, path: Path, chunks: AsyncIterator[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = checked = 0
        self._check_room()
        with path.open("wb") as file:
            async for chunk in chunks:
                written += len(chunk)
                if written > self._max_upload_bytes:
                    raise TooLarge(
                        f"an upload holds at most {self._max_upload_bytes} bytes; use `quant import` on this machine",
                        limit=self._max_upload_bytes,
                    )
                if written - checked >= CHECK_EVERY_BYTES:
                    checked = written
                    self._check_room()
                await asyncio.to_thread(file.write, chunk)
        if not written:
            raise InvalidParameter("body", "is empty: send the file itself")

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._uploads).free
        if free < SPARE_BYTES:
            raise NoRoom(f"the disk of the data directory has {free >> 20} MB left", free=free)

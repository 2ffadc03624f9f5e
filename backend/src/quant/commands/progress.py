"""A job as people see it: a bar on a terminal, plain lines elsewhere, and the report at the end."""

import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from quant.engine.protocol import FileReport, FillReport, JobView

POLL_S = 0.2
LINE_EVERY_S = 5.0
BAR_WIDTH = 24
ENDED = ("done", "failed", "stopped")


class ProgressLine:
    """Draws a job on a stream: over and over on one line of a terminal, else a line now and then."""

    def __init__(self, stream: TextIO, *, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._now = now
        self._is_terminal = stream.isatty()
        self._started_s: float | None = None
        self._rows_before = 0
        self._bytes_before = 0
        self._said_s = -LINE_EVERY_S
        self._phase = ""

    def show(self, job: JobView) -> None:
        """Draw where the job stands."""
        if self._started_s is None and job.rows:  # what an earlier run has stored is passed over at once
            self._started_s, self._rows_before, self._bytes_before = self._now(), job.rows, job.bytes_done
        text = self._text(job)
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r{text[:width]:<{width}}")
        elif job.phase != self._phase or self._now() - self._said_s >= LINE_EVERY_S:
            self._said_s, self._phase = self._now(), job.phase
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line to whoever writes next."""
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r" + " " * width + "\r")
            self._stream.flush()

    def _text(self, job: JobView) -> str:
        if job.days_total:
            bar = progress_bar(job.days_done, job.days_total)
            return f"{bar} {job.phase}: {job.days_done} of {job.days_total} days"
        if not job.bytes_total:
            return f"{job.phase or job.state}: {job.rows:,} rows"
        parts = [
            progress_bar(job.bytes_done, job.bytes_total),
            job.phase or job.state,
            f"{job.rows:,} rows",
            f"{job.bytes_done / 1e6:,.1f} of {job.bytes_total / 1e6:,.1f} MB",
        ]
        rows, read = job.rows - self._rows_before, job.bytes_done - self._bytes_before
        if self._started_s is not None and rows > 0 and read > 0:
            passed_s = self._now() - self._started_s
            parts.append(f"{rows / passed_s:,.0f} rows/s")
            parts.append(f"{_clock((job.bytes_total - job.bytes_done) * passed_s / read)} left")
        return "  ".join(parts)


def follow(look: Callable[[], JobView], *, stream: TextIO | None = None) -> JobView:
    """Show a job until it has ended; return how it ended."""
    line = ProgressLine(sys.stderr if stream is None else stream)
    try:
        while (job := look()).state not in ENDED:
            line.show(job)
            time.sleep(POLL_S)
        line.show(job)
    finally:
        line.end()
    return job


def report(job: JobView) -> int:
    """Print what the job found, and what went wrong; return the command's exit code."""
    for file in job.files:
        print("\n".join(file_lines(file)))  # noqa: T201  the command's own voice
    for fill in job.fills:
        print("\n".join(fill_lines(fill)))  # noqa: T201
    if job.days_done:
        print(f"Bars built for {_counted(job.days_done, 'day')}.")  # noqa: T201
    for error in job.errors:
        print(f"quant: {error}", file=sys.stderr)  # noqa: T201
    return 0 if job.state == "done" else 2


def file_lines(file: FileReport) -> list[str]:
    """Return what is to be said of an imported file."""
    what = "trades" if file.interval is None else f"{file.interval} bars"
    checked = ", checksum verified" if file.checked else ""
    lines = [f"{file.name}: {file.rows:,} {what} of {file.symbol} in {file.market}{checked}"]
    if file.resumed_from:
        lines.append(f"  {file.resumed_from:,} of them were there before")
    if file.first is not None and file.last is not None:
        span = f"{_id(file.first, file)} to {_id(file.last, file)}"
        lines.append(f"  {'ids' if file.interval is None else 'from'} {span}")
    unit = "id" if file.interval is None else "bar"
    if file.hole_count:
        shown = ", ".join(_range(first, last, file) for first, last in file.holes)
        more = f" and {file.hole_count - len(file.holes):,} more" if file.hole_count > len(file.holes) else ""
        holes, missing = _counted(file.hole_count, "hole"), _counted(file.missing, unit)
        lines.append(f"  {holes}, {missing} missing: {shown}{more}")
    else:
        lines.append("  no holes")
    if file.duplicates or file.out_of_order:
        lines.append(f"  {_counted(file.duplicates, 'doublet')}, {file.out_of_order:,} out of order")
    return lines


def fill_lines(fill: FillReport) -> list[str]:
    """Return what is to be said of a symbol's missing ids."""
    if not fill.missing:
        return [f"{fill.symbol}: no id is missing"]
    lines = [
        f"{fill.symbol}: {_counted(fill.missing, 'id')} missing, {fill.received:,} fetched, "
        f"{fill.confirmed:,} unknown to the exchange"
    ]
    if fill.left_count:
        shown = ", ".join(_ids(first, last) for first, last in fill.left)
        more = f" and {fill.left_count - len(fill.left):,} more" if fill.left_count > len(fill.left) else ""
        lines.append(f"  still missing: {shown}{more}")
    return lines


def progress_bar(done: int, total: int) -> str:
    """Return a bar of fixed width with the share in per cent."""
    part = min(done / total, 1.0)
    filled = round(part * BAR_WIDTH)
    return f"[{'#' * filled}{'-' * (BAR_WIDTH - filled)}] {part:4.0%}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _range(first: int, last: int, file: FileReport) -> str:
    if file.interval is None:
        return _ids(first, last)
    return _time(first) if first == last else f"{_time(first)} to {_time(last)}"


def _ids(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _id(value: int, file: FileReport) -> str:
    return str(value) if file.interval is None else _time(value)


def _time(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"

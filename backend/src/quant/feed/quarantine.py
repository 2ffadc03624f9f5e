"""A sample of what exchanges sent against the protocol, on disk for a person to look at.

Bounded in every direction: so many messages a run, so much of each, two files of so many bytes. It is written by a
thread of its own, and a disk that refuses it costs the samples and nothing else.
"""

import json
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

import structlog

from quant.clock import NS_PER_S, Clock

log = structlog.get_logger()

MAX_SAMPLES = 100
"""A run; the counters go on."""
MAX_MESSAGE_BYTES = 4096
MAX_REASON_CHARS = 300
MAX_FILE_BYTES = 1024 * 1024
"""Then the file becomes the older one, in place of that."""


class Quarantine:
    """Keeps the first malformed messages of a run, one JSON object a line.

    Each has `time` (ISO-8601, UTC), `connection`, `reason`, `bytes` (the message's length) and `message`: the text
    of its first 4 KiB, bytes that are no UTF-8 as \\xNN.
    """

    def __init__(self, path: Path, *, clock: Clock, max_samples: int = MAX_SAMPLES) -> None:
        self._path = path
        self._clock = clock
        self._room = max_samples
        self._waiting: deque[dict[str, object]] = deque()
        self._wake = threading.Event()
        self._closed = False
        self._writer: threading.Thread | None = None

    def add(self, connection: str, reason: str, message: bytes) -> None:
        """Take a sample while there is room for one; returns at once and never raises."""
        if self._room <= 0 or self._closed:
            return
        self._room -= 1
        at = datetime.fromtimestamp(self._clock.wall_ns() / NS_PER_S, UTC)
        self._waiting.append(
            {
                "time": at.isoformat(timespec="milliseconds"),
                "connection": connection,
                "reason": reason[:MAX_REASON_CHARS],
                "bytes": len(message),
                "message": message[:MAX_MESSAGE_BYTES].decode("utf-8", "backslashreplace"),
            }
        )
        self._wake.set()
        if self._writer is None:  # most runs need none
            self._writer = threading.Thread(target=self._write, name="quarantine", daemon=True)
            self._writer.start()

    def close(self) -> None:
        """Return when all samples are written, or given up."""
        self._closed = True
        self._wake.set()
        if self._writer is not None:
            self._writer.join()

    def _write(self) -> None:
        while not self._closed or self._waiting:
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                sample = self._waiting.popleft()
                try:
                    _append(self._path, json.dumps(sample).encode() + b"\n")
                except OSError as error:
                    log.warning("quarantine.not_written", file=str(self._path), error=str(error))
                    self._room = 0
                    self._waiting.clear()


def _append(path: Path, line: bytes) -> None:
    """Write a line at the end; a file that would get too long is set aside first."""
    if path.exists() and path.stat().st_size + len(line) > MAX_FILE_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    with path.open("ab") as file:
        file.write(line)

"""How far the compilation is, told to whoever started it."""

import contextlib
import threading
from collections.abc import Iterator
from typing import TextIO

from quant.kernel import compiled

TOLD_EVERY_S = 0.2


@contextlib.contextmanager
def told(stream: TextIO | None) -> Iterator[None]:
    """Print `k n`, kernels that are ready and all there are, on lines of `stream` while the block compiles."""
    if stream is None:
        yield
        return
    ended = threading.Event()
    telling = threading.Thread(target=_tell, args=(stream, ended), name="progress", daemon=True)
    telling.start()
    try:
        yield
    finally:
        ended.set()
        telling.join()


def _tell(stream: TextIO, ended: threading.Event) -> None:
    last = None
    while not ended.wait(TOLD_EVERY_S):
        now = compiled()
        if now != last:
            last = now
            stream.write(f"{now[0]} {now[1]}\n")
            stream.flush()

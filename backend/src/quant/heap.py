"""What the collector of cycles walks: the working set, not the libraries.

Several hundred thousand objects of imported modules live as long as the process. The collector finds nothing among
them, and a full collection that walks them holds the event loop for a tenth of a second.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settling() -> Iterator[None]:
    """Rest the collector while a program is put together; what is there at the end it never walks again.

    Cycles that are garbage by then stay: in a process that has run for a while, collect first.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

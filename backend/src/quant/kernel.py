"""numba in one place: the `jit` decorator every compiled kernel uses, and where compiled code is kept.

Kernels are cached on disk, release the GIL and follow IEEE division. They take every argument explicitly:
an omitted default costs about 25 µs a call.

numba's own cache knows a kernel's file but not the files of the kernels it calls, so that a change there would go
unnoticed. Here the cache folder is named by the contents of all of them.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])

PACKAGE = Path(__file__).parent


def cache_folder() -> Path:
    """Return the folder for compiled kernels: inside the package, or of this user where that is read-only."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if b"quant.kernel" in source or path == Path(__file__):
            digest.update(source)
    name = f"kernels-{digest.hexdigest()[:12]}"
    if os.access(PACKAGE, os.W_OK):
        return PACKAGE / "__pycache__" / name
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    base = home if os.access(home.parent, os.W_OK) else Path(tempfile.gettempdir())
    return base / "quant-analytics-platform" / name


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]

if TYPE_CHECKING:

    def jit(function: Kernel) -> Kernel: ...

    def jit_fast(function: Kernel) -> Kernel: ...

else:

    def jit(function):
        """Compile with exact IEEE semantics: for anything that must match a recomputation bit for bit."""
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)

    def jit_fast(function):
        """Compile with reassociated sums that keep NaN and infinity: for statistics."""
        flags = {"reassoc", "contract", "nsz", "arcp"}
        return numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=flags)(function)

"""numba in one place: the `jit` decorator every compiled kernel uses, and where compiled code is kept.

Kernels are cached on disk, release the GIL and follow IEEE division. They take every argument explicitly:
an omitted default costs about 25 µs a call.

numba's own cache knows a kernel's file but not the files of the kernels it calls, so that a change there would go
unnoticed. Here the cache folder is named by the contents of all of them.
"""

import hashlib
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numba
from llvmlite import binding  # type: ignore[import-untyped]

Kernel = TypeVar("Kernel", bound=Callable[..., object])

PACKAGE = Path(__file__).parents[1]
_KERNELS: list[Any] = []  # numba's dispatchers, which have no public type


def _sources() -> str:
    """Return a digest of every module with kernels."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_bytes()
        if b"quant.kernel" in source or path.parent == Path(__file__).parent:
            digest.update(source)
    return digest.hexdigest()[:12]


SOURCES = _sources()


def cache_folder() -> Path:
    """Return the folder for compiled kernels: inside the package, or of this user where that is read-only."""
    name = f"kernels-{SOURCES}"
    if os.access(PACKAGE, os.W_OK):
        return PACKAGE / "__pycache__" / name
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    base = home if os.access(home.parent, os.W_OK) else Path(tempfile.gettempdir())
    return base / "quant-analytics-platform" / name


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]


def _mark() -> Path:
    """Return the file that says that all kernels are in the cache, for this compiler and this processor."""
    made_by = (SOURCES, numba.__version__, platform.python_version(), binding.get_host_cpu_name())
    return Path(str(numba.config.CACHE_DIR)) / ("all-" + "-".join(made_by))  # type: ignore[attr-defined]


def is_cache_warm() -> bool:
    """Tell whether a warm-up of every kernel has ended here."""
    return _mark().exists()


def mark_cache_warm() -> None:
    """Note that every kernel is in the cache."""
    _mark().parent.mkdir(parents=True, exist_ok=True)
    _mark().touch()


def compiled() -> tuple[int, int]:
    """Return how many kernels of the imported modules are compiled or loaded, and how many there are."""
    return sum(bool(kernel.signatures) for kernel in _KERNELS), len(_KERNELS)


if TYPE_CHECKING:

    def jit(function: Kernel) -> Kernel: ...

    def jit_fast(function: Kernel) -> Kernel: ...

else:

    def jit(function):
        """Compile with exact IEEE semantics: for anything that must match a recomputation bit for bit."""
        return _kept(numba.njit(cache=True, nogil=True, error_model="numpy")(function))

    def jit_fast(function):
        """Compile with reassociated sums that keep NaN and infinity: for statistics."""
        flags = {"reassoc", "contract", "nsz", "arcp"}
        return _kept(numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=flags)(function))

    def _kept(kernel):
        _KERNELS.append(kernel)
        return kernel

"""numba in one place: the `jit` decorator every compiled kernel uses.

Kernels are cached on disk, release the GIL and follow IEEE division. They take every argument explicitly:
an omitted default costs about 25 µs a call.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])

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

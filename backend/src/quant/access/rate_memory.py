"""Counters for `limits`, on one thread.

The library's own memory starts a thread for every few requests, which walks all its keys, and has no bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

from limits.storage import Storage


@dataclass(slots=True)
class _Window:
    count: int
    ends: float


class RateMemory(Storage):
    """Counters that end with their window, `most` of them, the oldest forgotten first. Times are those of `clock`."""

    STORAGE_SCHEME = ["quant-memory"]  # noqa: RUF012  as the library declares it

    def __init__(self, clock: Callable[[], float], *, most: int) -> None:
        super().__init__(wrap_exceptions=False)
        self._clock = clock
        self._most = most
        self._windows: dict[str, _Window] = {}  # in the order of their beginning

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return ()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return how much the window has now."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            self._windows.pop(key, None)
            window = self._windows[key] = _Window(0, now + expiry)
            if len(self._windows) > self._most:
                del self._windows[next(iter(self._windows))]
        window.count += amount
        return window.count

    def get(self, key: str) -> int:
        window = self._windows.get(key)
        return window.count if window is not None and window.ends > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the key's window ends, now where it has none."""
        window = self._windows.get(key)
        return window.ends if window is not None else self._clock()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        count = len(self._windows)
        self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        self._windows.pop(key, None)

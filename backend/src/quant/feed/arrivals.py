"""What one connection's trades tell about its streams: counted by code, told by name when somebody asks."""

from dataclasses import dataclass

import numpy as np

from quant.domain import CodeArray, FloatArray, IntArray, TradeBatch
from quant.kernel import jit


@dataclass(frozen=True, slots=True)
class Arrival:
    """The trades of one symbol that came since the last telling."""

    symbol: str
    trades: int
    newest_id: int
    last_s: float  # when the last of them came


class Arrivals:
    """Counts trades by symbol; what a trade costs does not depend on how many symbols there are."""

    def __init__(self) -> None:
        self._earlier: list[Arrival] = []
        self._begin(())

    def _begin(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._trades: IntArray = np.zeros(len(names), np.int64)
        self._newest: IntArray = np.full(len(names), -1, np.int64)
        self._last_s: FloatArray = np.zeros(len(names))
        self._any = False

    def add(self, batch: TradeBatch, *, now_s: float) -> None:
        """Count trades that came at `now_s`."""
        if batch.names is not self._names:
            self._earlier = self.take()
            self._begin(batch.names)
        count_in(batch.codes, batch.ids, now_s, self._trades, self._newest, self._last_s)
        self._any = True

    def take(self) -> list[Arrival]:
        """Return what came since the last call, a symbol's in the order of their coming."""
        arrivals, self._earlier = self._earlier, []
        if self._any:
            self._any = False
            for code in np.flatnonzero(self._trades).tolist():
                trades, newest_id = int(self._trades[code]), int(self._newest[code])
                arrivals.append(Arrival(self._names[code], trades, newest_id, float(self._last_s[code])))
            self._trades[:] = 0
            self._newest[:] = -1
        return arrivals


@jit
def count_in(
    codes: CodeArray, ids: IntArray, now_s: float, trades: IntArray, newest: IntArray, last_s: FloatArray
) -> None:
    """Add each trade to the count of its code, which gets its highest id and the time `now_s`."""
    for i in range(codes.size):
        code = codes[i]
        trades[code] += 1
        newest[code] = max(newest[code], ids[i])
        last_s[code] = now_s

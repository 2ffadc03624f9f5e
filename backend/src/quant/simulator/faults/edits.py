"""What a plan changes in one symbol: when it trades, when it halts, which ids are denied, whose `T` goes back."""

from collections.abc import Iterable
from dataclasses import dataclass

from quant.simulator.faults.kinds import FaultKind
from quant.simulator.faults.plan import Fault
from quant.simulator.instrument import EPOCH_MS

FAR_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class Window:
    """One fault's span of market time, in ms since 1970, end excluded; `by_ms` where `T` goes back."""

    number: int
    start_ms: int
    end_ms: int
    by_ms: int = 0


@dataclass(frozen=True, slots=True)
class Edits:
    """All changes of one symbol; overlapping halts are one."""

    open_ms: int = EPOCH_MS
    end_ms: int = FAR_MS
    delisted_ms: int = FAR_MS
    hidden: bool = False
    opened_by: int | None = None  # the fault that says when trading began, and the one that ended it
    ended_by: int | None = None
    halts: tuple[Window, ...] = ()
    holes: tuple[Window, ...] = ()
    rewinds: tuple[Window, ...] = ()

    def lists(self, at_ms: int) -> bool:
        """Return whether the exchange lists the symbol at `at_ms`."""
        return not self.hidden and self.open_ms <= at_ms < self.delisted_ms


def edits_of(symbol: str, faults: Iterable[tuple[int, Fault]], *, origin_ms: int, extra: bool) -> Edits:
    """Return what numbered market faults mean for a symbol; an `extra` one is listed only if a fault says so."""
    open_ms, end_ms, delisted_ms = EPOCH_MS, FAR_MS, FAR_MS
    opened_by = ended_by = None
    found: dict[FaultKind, list[Window]] = {kind: [] for kind in FaultKind}
    for number, fault in faults:
        start_ms = origin_ms + round(1000 * fault.start_s)
        match fault.kind:
            case FaultKind.NON_ASCII if extra:
                open_ms, opened_by = start_ms, number
            case _ if extra or fault.symbol not in (None, symbol):
                continue
            case FaultKind.ENLIST:
                open_ms, opened_by = start_ms, number
            case FaultKind.SETTLE | FaultKind.DELIST:
                if start_ms < end_ms:
                    end_ms, ended_by = start_ms, number
                if fault.kind is FaultKind.DELIST:
                    delisted_ms = min(delisted_ms, start_ms)
            case FaultKind.HALT | FaultKind.CONFIRMED_HOLE | FaultKind.REWIND_T:
                by_ms = round(fault.value("by_ms")) if fault.kind is FaultKind.REWIND_T else 0
                found[fault.kind].append(
                    Window(number, start_ms, origin_ms + round(1000 * fault.end_s), by_ms)
                )
            case _:
                continue
    return Edits(
        open_ms=open_ms,
        end_ms=end_ms,
        delisted_ms=delisted_ms,
        hidden=extra and opened_by is None,
        opened_by=opened_by,
        ended_by=ended_by,
        halts=_merged(found[FaultKind.HALT]),
        holes=tuple(found[FaultKind.CONFIRMED_HOLE]),
        rewinds=tuple(found[FaultKind.REWIND_T]),
    )


def _merged(windows: list[Window]) -> tuple[Window, ...]:
    """Return windows that do not touch; what two share counts for the earlier one."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda item: item.start_ms):
        if merged and window.start_ms <= merged[-1].end_ms:
            last = merged.pop()
            window = Window(last.number, last.start_ms, max(last.end_ms, window.end_ms))
        merged.append(window)
    return tuple(merged)

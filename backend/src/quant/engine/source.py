"""What `SOURCE` may say, and the markets it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from quant.clock import NS_PER_MS, NS_PER_S
from quant.errors import InvalidParameter

DEFAULT_SEED = 7
MAX_SECONDS = 9e9
GRAMMAR = "use binance, sim, sim:SEED, replay:FILE[,FILE…] or replay:store:MARKET:SYMBOL[+SYMBOL…]:START/END"
ARCHIVES = (".zip", ".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """A part of the stored history: trades of `symbols` with start ≤ time < end (ns)."""

    market: str
    symbols: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A parsed `SOURCE`; `text` is its normal form."""

    kind: Literal["binance", "sim", "replay"]
    text: str
    seed: int = DEFAULT_SEED
    files: tuple[Path, ...] = ()
    span: StoredSpan | None = None

    @property
    def is_tape(self) -> bool:
        """Tell whether what is replayed are rows of trades, not the frames of a capture."""
        return self.span is not None or (bool(self.files) and _are_archives(self.files))


def parse_source(text: str) -> SourceSpec:
    """Return what `text` names; raise InvalidParameter when it names nothing supported."""
    kind, _, rest = text.strip().partition(":")
    match kind.lower():
        case "binance" if not rest:
            return SourceSpec("binance", "binance")
        case "sim":
            if rest and not (rest.isascii() and rest.isdigit() and len(rest) <= 9):
                raise InvalidParameter("source", f"{text!r}: the seed must be a whole number below 1e9")
            seed = int(rest) if rest else DEFAULT_SEED
            return SourceSpec("sim", f"sim:{seed}", seed=seed)
        case "replay" if rest.startswith("store:"):
            span = _span(text, rest.removeprefix("store:"))
            shown = f"{span.market}:{'+'.join(span.symbols)}:{_iso(span.start)}/{_iso(span.end)}"
            return SourceSpec("replay", f"replay:store:{shown}", span=span)
        case "replay":
            names = [name.strip() for name in rest.split(",") if name.strip()]
            if not names:
                raise InvalidParameter("source", f"{text!r} names no file; {GRAMMAR}")
            files = tuple(Path(name).expanduser() for name in names)
            if len({_are_archives([file]) for file in files}) > 1:
                raise InvalidParameter("source", f"{text!r} mixes captures and archives: play one kind")
            return SourceSpec("replay", f"replay:{','.join(names)}", files=files)
    raise InvalidParameter("source", f"{text!r} is not supported; {GRAMMAR}")


def _are_archives(files: Sequence[Path]) -> bool:
    return all(file.name.lower().endswith(ARCHIVES) for file in files)


def _span(text: str, rest: str) -> StoredSpan:
    market, _, after = rest.partition(":")
    names, _, times = after.partition(":")
    symbols = tuple(dict.fromkeys(name.strip().upper() for name in names.split("+") if name.strip()))
    start, _, end = times.partition("/")
    if not market or not symbols or not start or not end:
        raise InvalidParameter("source", f"{text!r} names no span; {GRAMMAR}")
    span = StoredSpan(market, symbols, _instant(text, start), _instant(text, end))
    if span.start >= span.end:
        raise InvalidParameter("source", f"{text!r}: the end is not after the start")
    return span


def _instant(text: str, time: str) -> int:
    """Return an ISO-8601 time (UTC where it names no zone) as ns."""
    try:
        moment = datetime.fromisoformat(time.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = moment.timestamp()
    except (ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds < MAX_SECONDS:
        raise InvalidParameter("source", f"{text!r}: {time[:40]!r} is no time such as 2025-03-01T00:00Z")
    return round(seconds * 1000) * NS_PER_MS


def _iso(ns: int) -> str:
    return (
        datetime.fromtimestamp(ns / NS_PER_S, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )

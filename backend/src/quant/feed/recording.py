"""Raw captures on disk: read both known forms, learn what a recording holds, write our own.

Form 1: `<ns> {json}`, what `quant record` writes. Form 2: `<seconds>: {json}`, with other lines between.
Either may be gzipped.
"""

import gzip
import hashlib
import heapq
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, cast

from quant.clock import NS_PER_MS, NS_PER_S
from quant.domain import SymbolSpec
from quant.errors import RecordingError
from quant.feed.binance_messages import MAX_AHEAD_MS, MAX_MS, TradeKind

Line = tuple[int, bytes]
LINE = re.compile(rb"(?:([0-9]{1,19})|([0-9]{1,10}(?:\.[0-9]{1,20})?):) (\{.*)", re.DOTALL)
MAX_STAMP = 2**63 - 1
KNOWN_QUOTES = ("USDT", "USDC", "BUSD", "FDUSD", "BTC", "ETH", "BNB")


def read_lines(path: Path) -> Iterator[Line]:
    """Yield (receive time ns, payload) in file order; lines of other forms are passed over.

    Raises RecordingError for a file that cannot be opened or whose compression is torn.
    """
    try:
        with _open(path) as file:
            for line in file:
                parsed = parse_line(line)
                if parsed is not None:
                    yield parsed
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path} cannot be read: {error}", file=str(path)) from error


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if zipped else path.open("rb")


def parse_line(line: bytes) -> Line | None:
    """Return a capture line's receive time (ns) and payload, None when it is not one."""
    match = LINE.fullmatch(line.rstrip())
    if match is None:
        return None
    ns, seconds, payload = match.groups()
    stamp = int(ns) if ns is not None else int(Decimal(seconds.decode("ascii")) * NS_PER_S)
    return (stamp, payload) if stamp <= MAX_STAMP else None


def merge_lines(paths: Sequence[Path]) -> Iterator[Line]:
    """Yield the lines of all files by receive time; equal times keep the order of `paths`."""
    return heapq.merge(*(read_lines(path) for path in paths), key=lambda line: line[0])


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What a set of files holds. `digest` names the market: same files, same trade kind, same digest."""

    digest: str
    kind: TradeKind
    symbols: tuple[SymbolSpec, ...]
    lines: int
    begin: int
    """Event time of the first trade, ns."""
    end: int
    """Newest event time of a trade, ns."""


def probe(paths: Sequence[Path]) -> RecordingInfo:
    """Read the files once and return what they hold; raise RecordingError when there is no trade in them.

    Aggregate trades are preferred where both kinds are present: the platform's trade id is theirs. Tick and
    step sizes are the finest steps seen.
    """
    kinds: dict[TradeKind, _Seen] = {"aggTrade": _Seen(), "trade": _Seen()}
    digest = hashlib.sha256()
    lines = 0
    for path in paths:
        for stamp, payload in read_lines(path):
            lines += 1
            digest.update(b"%d " % stamp)
            digest.update(payload)
            for name, seen in kinds.items():
                if b'"e":"%s"' % name.encode() in payload:
                    seen.note(payload)
        for seen in kinds.values():
            seen.end_file()
    kind: TradeKind = "aggTrade" if kinds["aggTrade"].steps else "trade"
    seen = kinds[kind]
    if not seen.steps:
        names = ", ".join(str(path) for path in paths)
        raise RecordingError(f"no trades in {names}: not a capture of trade or aggTrade streams", files=names)
    digest.update(kind.encode())
    symbols = tuple(steps.spec(symbol) for symbol, steps in sorted(seen.steps.items()))
    begin, end = seen.first_ms * NS_PER_MS, seen.last_ms * NS_PER_MS
    return RecordingInfo(digest.hexdigest()[:12], kind, symbols, lines, begin, end)


class _Steps:
    """The most decimals seen in a symbol's prices and sizes."""

    def __init__(self) -> None:
        self.price = 0
        self.size = 0

    def spec(self, symbol: str) -> SymbolSpec:
        quote = next((q for q in KNOWN_QUOTES if symbol.endswith(q) and symbol != q), "")
        base = symbol.removesuffix(quote)
        return SymbolSpec(symbol, base, quote, "RECORDED", 10.0**-self.price, 10.0**-self.size)


class _Seen:
    """What the trades of one kind told."""

    def __init__(self) -> None:
        self.steps: dict[str, _Steps] = {}
        self.first_ms = self.last_ms = 0
        self._is_in_file = False

    def note(self, payload: bytes) -> None:
        try:
            message = json.loads(payload)
            body = message.get("data", message)
            symbol, price, size = body["s"], body["p"], body["q"]
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return  # the decoder quarantines it when the recording is played
        if isinstance(symbol, str) and isinstance(price, str) and isinstance(size, str):
            steps = self.steps.setdefault(symbol, _Steps())
            steps.price = max(steps.price, _decimals(price))
            steps.size = max(steps.size, _decimals(size))
            self._note_time(body.get("T"), sent=body.get("E"))

    def _note_time(self, ms: object, *, sent: object) -> None:
        if type(ms) is not int or not 0 < ms < MAX_MS:
            return
        if type(sent) is int and ms > sent + MAX_AHEAD_MS:
            return  # as the decoder has it: such a trade never was
        if (
            not self._is_in_file
        ):  # the first of its file: a later one may be of an older time, and it may be wrong
            self.first_ms = min(self.first_ms or ms, ms)
            self._is_in_file = True
        self.last_ms = max(self.last_ms, ms)

    def end_file(self) -> None:
        self._is_in_file = False


def _decimals(text: str) -> int:
    return len(text.rstrip("0").partition(".")[2]) if "." in text else 0


class RecordingWriter:
    """Writes form 1, gzipped when the name ends in .gz; an existing file is never overwritten."""

    def __init__(self, path: Path) -> None:
        self.lines = 0
        try:
            file = path.open("xb")
        except FileExistsError as error:
            raise RecordingError(f"{path} exists already; choose another name", file=str(path)) from error
        except OSError as error:
            raise RecordingError(f"{path} cannot be written: {error}", file=str(path)) from error
        self._raw = file
        self._file = (
            cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="wb")) if path.suffix == ".gz" else file
        )

    def write(self, ts_recv: int, payload: bytes) -> None:
        payload = payload.replace(b"\n", b" ").replace(b"\r", b" ")  # JSON has them as white space only
        self._file.write(b"%d %s\n" % (ts_recv, payload))
        self.lines += 1

    def close(self) -> None:
        self._file.close()
        self._raw.close()  # gzip leaves the file it writes to open


def check_files(names: Iterable[str]) -> tuple[Path, ...]:
    """Return the paths; raise RecordingError naming the first that is not a file."""
    paths = tuple(Path(name).expanduser() for name in names)
    for path in paths:
        if not path.is_file():
            raise RecordingError(f"{path} is not a file", file=str(path))
    return paths

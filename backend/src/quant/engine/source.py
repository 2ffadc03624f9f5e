"""What `SOURCE` may say, and the markets it names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quant.errors import InvalidParameter

DEFAULT_SEED = 7
GRAMMAR = "use binance, sim, sim:SEED or replay:FILE[,FILE…]"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A parsed `SOURCE`; `text` is its normal form."""

    kind: Literal["binance", "sim", "replay"]
    text: str
    seed: int = DEFAULT_SEED
    files: tuple[Path, ...] = ()


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
        case "replay":
            names = [name.strip() for name in rest.split(",") if name.strip()]
            if not names:
                raise InvalidParameter("source", f"{text!r} names no file; {GRAMMAR}")
            files = tuple(Path(name).expanduser() for name in names)
            return SourceSpec("replay", f"replay:{','.join(names)}", files=files)
    raise InvalidParameter("source", f"{text!r} is not supported; {GRAMMAR}")

"""Valid inputs, spoilt: mutations of seeds get past the first check where random bytes do not."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

WORDS: tuple[bytes, ...] = (
    *(
        b"0",
        b"-0",
        b"-1",
        b"1",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 5000,
    ),
    *(
        b"1e308",
        b"1e309",
        b"-1e309",
        b"5e-324",
        b"0.1",
        b"1.",
        b".1",
        b"1_0",
        b"0x10",
        b" 1",
        b"+1",
        b"00",
        b"1e5",
    ),
    *(b"NaN", b"nan", b"Infinity", b"-inf", b"null", b"true", b"false", b"True", b'""', b"[]", b"{}", b'"'),
    *(
        b"\\u0000",
        b"\\ud800",
        b"\\",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98\x80",
        b"\xef\xbb\xbf",
    ),
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b"\t",
        b",",
        b":",
        b";",
        b"-",
        b"{",
        b"}",
        b"[" * 2000,
        b'{"a":' * 500,
        b'"' * 3,
    ),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10, 60, 4001, 2**31, 2**53, 2**63, -(2**63) - 1, 10**400),
    *(0.0, -0.0, 0.5, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), 2592000.1),
    *(
        "",
        " ",
        "0",
        "a",
        "BTCUSDT",
        "btcusdt",
        "BTCUSDT-ETHUSDT",
        "1m",
        "1s",
        "7m",
        "zscore",
        "price",
        "\0",
        "\ud800",
    ),
    *(
        "\u202e",
        "é" * 101,
        "x" * 3000,
        "=1+1",
        "crosses_above",
        "theil-sen",
        "log",
        ">",
        "all",
        [],
        {},
        [[]],
        [None],
    ),
)


def spoilt(seed: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return the seed with one to four changes."""
    text = bytearray(seed)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        at = dice.randrange(len(text) + 1)
        upto = min(len(text), at + dice.choice((1, 1, 2, 4, 8, 30)))
        match dice.randrange(8):
            case 0 if text:
                text[at % len(text)] ^= 1 << dice.randrange(8)
            case 1:
                del text[at:upto]
            case 2:
                text[at:at] = text[at:upto]
            case 3:
                text[at:upto] = dice.choice(WORDS)
            case 4:
                text[at:at] = dice.choice(WORDS)
            case 5:
                other = dice.choice(others)
                begin = dice.randrange(len(other) + 1)
                text[at:upto] = other[begin : begin + dice.choice((1, 4, 20, 100))]
            case 6:
                _replace_number(text, dice)
            case _:
                text[at:upto] = dice.randbytes(dice.choice((1, 2, 4)))
    return bytes(text)


def _replace_number(text: bytearray, dice: random.Random) -> None:
    """Put something else in the place of a run of digits: what most fields are made of."""
    if not text:
        return
    at = dice.randrange(len(text))
    while at < len(text) and not 48 <= text[at] <= 57:
        at += 1
    end = at
    while end < len(text) and (48 <= text[end] <= 57 or text[end] == 46):
        end += 1
    text[at:end] = dice.choice(WORDS)


def spoilt_document(seed: Any, dice: random.Random) -> Any:  # JSON of any shape
    """Return a copy of the seed with one to four of its nodes changed."""
    document = json.loads(json.dumps(seed))
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        document = _change(document, dice)
    return document


def _change(node: Any, dice: random.Random) -> Any:
    if isinstance(node, dict) and node and dice.random() < 0.85:
        name = dice.choice(sorted(node))
        match dice.randrange(12):
            case 0:
                del node[name]
            case 1:
                node[str(dice.choice(VALUES))[:50]] = node.pop(name)
            case 2:
                node[str(dice.choice(VALUES))[:50]] = dice.choice(VALUES)
            case 3:
                for _ in range(dice.choice((1, 5, 6))):
                    node[name] = dice.choice(({"all": [node[name]]}, [node[name]], {"any": node[name]}))
            case _:
                node[name] = _change(node[name], dice)
        return node
    if isinstance(node, list) and node and dice.random() < 0.85:
        at = dice.randrange(len(node))
        match dice.randrange(6):
            case 0:
                del node[at]
            case 1:
                node += [node[at]] * dice.choice((1, 1, 2, 60))
            case _:
                node[at] = _change(node[at], dice)
        return node
    return dice.choice(VALUES)


Run = Callable[[random.Random], object]
"""One execution: makes an input, feeds it, and raises whatever must not come out."""


def run_all(run: Run, *, times: int, seed: int) -> None:
    """Execute so many times; what comes out is told with the number that makes it again."""
    for number in range(times):
        try:
            run(random.Random(seed * 1_000_003 + number))
        except BaseException as error:  # also what native code panics with
            if isinstance(error, KeyboardInterrupt):
                raise
            raise AssertionError(f"seed {seed}, input {number}: {type(error).__name__}: {error}") from error

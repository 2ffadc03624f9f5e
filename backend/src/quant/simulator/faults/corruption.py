"""Messages as a broken exchange would send them: pure functions of the bytes and a draw in [0, 1)."""

import math
import re

from quant.simulator.faults.kinds import FaultKind

_PRICE = re.compile(rb'"(?:p|b|c|o)":"([^"]*)"')
_TRADE_TIME = re.compile(rb'("e":"aggTrade".*"T":)(\d+)')
_EXCHANGE_TIME = re.compile(rb'"E":(\d+)')
_NOT_NUMBERS = (b'"NaN"', b"NaN", b'"Infinity"', b"-Infinity", b'"1e999"', b'"-1"', b'""', b'"0x10"')

# Each is a type or a field that no client may take for good.
_TYPE_SWAPS: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb'"a":(\d+)'), rb'"a":"\1"'),
    (re.compile(rb'"a":\d+,'), b""),
    (re.compile(rb'"a":(\d+)'), rb'"a":\1.5'),
    (re.compile(rb'"p":"([^"]*)"'), rb'"p":\1'),
    (re.compile(rb'"p":"[^"]*"'), b'"p":null'),
    (re.compile(rb'"q":"[^"]*",'), b""),
    (re.compile(rb'"T":(\d+)'), rb'"T":"\1"'),
    (re.compile(rb'"m":(?:true|false)'), b'"m":"yes"'),
    (re.compile(rb'"b":"([^"]*)"'), rb'"b":\1'),
    (re.compile(rb'"k":\{'), b'"k":[],"_k":{'),
)


def torn(message: bytes, draw: float, at_byte: float) -> bytes:
    """Return the first bytes of a message, never all and never none."""
    return message[: cut_point(len(message), draw, at_byte)]


def cut_point(length: int, draw: float, at_byte: float) -> int:
    """Return where to cut `length` bytes: at `at_byte`, or drawn where that is NaN; between 1 and length - 1."""
    wanted = int(draw * length) if math.isnan(at_byte) else int(at_byte)
    return max(1, min(wanted, length - 1))


def wrong_types(message: bytes, draw: float) -> bytes:
    """Return a message in which one field is missing or of a wrong type."""
    fitting = [swap for swap in _TYPE_SWAPS if swap[0].search(message)]
    if not fitting:
        return b"[" + message + b"]"
    pattern, replacement = fitting[int(draw * len(fitting))]
    return pattern.sub(replacement, message, count=1)


def not_a_number(message: bytes, draw: float) -> bytes:
    """Return a message whose price is no price."""
    value = _NOT_NUMBERS[int(draw * len(_NOT_NUMBERS))]
    return _PRICE.sub(lambda found: found[0][:4] + value, message, count=1)


def invalid_utf8(message: bytes, draw: float) -> bytes:
    """Return a message with bytes that are no UTF-8, inside its first string after the draw."""
    at = message.find(b'"', int(draw * len(message) / 2)) + 1
    return message[:at] + b"\xff\xc0" + message[at:]


def padded(message: bytes, size: int) -> bytes:
    """Return the message blown up with white space, which JSON allows."""
    return b" " * max(0, size - len(message)) + message


def skewed(message: bytes, skew_ms: int) -> bytes:
    """Return the message as an exchange with a wrong clock would stamp it."""
    return _EXCHANGE_TIME.sub(lambda found: b'"E":%d' % (int(found[1]) + skew_ms), message, count=1)


def forwarded(message: bytes, by_ms: int) -> bytes:
    """Return a trade's message with a time from the future; other messages as they are."""
    return _TRADE_TIME.sub(lambda found: found[1] + b"%d" % (int(found[2]) + by_ms), message, count=1)


def corrupted(kind: FaultKind, message: bytes, *, draw: float, at_byte: float) -> bytes:
    """Return what a kind of corruption makes of a text message."""
    match kind:
        case FaultKind.TORN_JSON:
            return torn(message, draw, at_byte)
        case FaultKind.WRONG_TYPES:
            return wrong_types(message, draw)
        case FaultKind.NOT_A_NUMBER:
            return not_a_number(message, draw)
        case FaultKind.INVALID_UTF8:
            return invalid_utf8(message, draw)
        case _:
            raise AssertionError(kind)

"""A compiled reader of Binance's trade frames: takes what it is sure of, leaves the rest to the strict reader.

What it takes, the strict reader takes too, with the same values to the last bit; a test holds the two together.
Sure means: a trade of the wanted kind, raw or in a combined stream, without white space, escapes or nested values,
of a symbol that is in the table, its numbers of moderate length.

Frames lie one after another, a NUL behind each. No JSON has one, so a loop over a string, a number or a word ends
with the frame, and bounds need no other check.

Places are unsigned: numba then leaves out what makes negative ones count from the end, and a frame takes 124 ns
in place of 520. Every number that is added to one is unsigned too, else numba makes floats of both.
"""

import numpy as np

from quant.domain import ByteArray, CodeArray, FloatArray, IntArray
from quant.feed.symbol_table import find_name
from quant.kernel import jit

QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE, DOT, ZERO = 34, 92, 44, 58, 123, 125, 46, 48
SPACE = 32
"""What is below it must be escaped in a string."""
STREAM, DATA, TRUE, FALSE, NULL = (
    np.frombuffer(text, np.uint8) for text in (b'{"stream":"', b',"data":{', b"true", b"false", b"null")
)
E, S, A, TRADE_ID, P, Q, F, L, T, M, SENT = (ord(letter) for letter in "esatpqflTmE")

NOWHERE, ONE, TWO, THREE = (np.uint64(n) for n in range(4))
"""Places; no value begins at the first, where a frame has its brace."""

# The fields of a trade as bits, to know that each came once.
KIND, SYMBOL, ID, PRICE, SIZE, FIRST, LAST, TIME, MAKER, SENDING = (1 << bit for bit in range(10))
AGGREGATE = KIND | SYMBOL | ID | PRICE | SIZE | FIRST | LAST | TIME | MAKER
SINGLE = AGGREGATE & ~(FIRST | LAST)
AGGREGATE_SIZE = len("aggTrade")

MAX_DIGITS = np.uint64(18)
"""A number of so many digits fits into an int64, and is below 2**62."""
MAX_EXACT = 2**53
"""A whole number up to this, divided by a power of ten up to 10**22, is correctly rounded: both are exact."""
POWERS = np.array([float(10**n) for n in range(int(MAX_DIGITS) + 1)])
NS_PER_MS = 1_000_000


@jit
def read_trades(
    data: ByteArray,
    ends: IntArray,
    kind: ByteArray,
    slots: CodeArray,
    lines: ByteArray,
    powers: FloatArray,
    max_bytes: int,
    max_number: float,
    max_ms: int,
    max_count: int,
    max_ahead_ms: int,
    codes: CodeArray,
    ids: IntArray,
    ts_event: IntArray,
    prices: FloatArray,
    sizes: FloatArray,
    sells: ByteArray,
    counts: IntArray,
) -> int:
    """Read frame i, which has its NUL at ends[i], into row i; return how many are left to the strict reader.

    Those get the code -1, and their rows mean nothing. `kind` is `aggTrade` or `trade`; `slots` and `lines` are a
    SymbolTable's.
    """
    aggregate = kind.size == AGGREGATE_SIZE
    id_letter = A if aggregate else TRADE_ID
    needed = AGGREGATE if aggregate else SINGLE
    left = 0
    start = NOWHERE
    for row in range(ends.size):
        end = np.uint64(ends[row])
        at, braces = open_event(data, start)
        if end - start > np.uint64(max_bytes):
            at = NOWHERE
        start = end + ONE
        seen = 0
        code = -1
        price = size = 0.0
        first = last = 0
        ms = sent_ms = 0
        while at != NOWHERE:
            letter, at = read_name(data, at)
            if at == NOWHERE:
                break
            bit = 0
            if letter in (T, SENT, id_letter) or (aggregate and letter in (F, L)):
                value, at = read_whole(data, at)
                if letter == T:
                    bit = TIME
                    ms = value
                    ts_event[row] = value * NS_PER_MS
                    if value == 0 or value >= max_ms:
                        at = NOWHERE
                elif letter == SENT:
                    bit = SENDING
                    sent_ms = value
                elif letter == F:
                    bit = FIRST
                    first = value
                elif letter == L:
                    bit = LAST
                    last = value
                else:
                    bit = ID
                    ids[row] = value
            elif letter == P:
                bit = PRICE
                price, at = read_decimal(data, at, powers)
            elif letter == Q:
                bit = SIZE
                size, at = read_decimal(data, at, powers)
            elif letter == S:
                bit = SYMBOL
                code, at = read_symbol(data, at, slots, lines)
            elif letter == E:
                bit = KIND
                at = skip_kind(data, at, kind)
            elif letter == M:
                bit = MAKER
                sells[row] = data[at] == TRUE[0]
                at = skip_value(data, at) if data[at] == TRUE[0] or data[at] == FALSE[0] else NOWHERE
            else:
                at = skip_value(data, at)
            if seen & bit:
                at = NOWHERE
            if at == NOWHERE:
                break
            seen |= bit
            if data[at] != COMMA:
                at = skip_braces(data, at, braces)
                break
            at += ONE
        sure = at == end and seen & ~SENDING == needed and 0 <= last - first < max_count
        if seen & SENDING and ms - sent_ms > max_ahead_ms:
            sure = False
        if sure and price < max_number and size < max_number and price * size < max_number:
            codes[row] = code
            prices[row] = price
            sizes[row] = size
            counts[row] = last - first + 1
        else:
            codes[row] = -1
            left += 1
    return left


@jit
def open_event(data: ByteArray, start: np.uint64) -> tuple[np.uint64, int]:
    """Return the place of a frame's first field and how many braces close it."""
    if data[start] != OPEN:
        return NOWHERE, 0
    at = skip_text(data, start, STREAM)
    if at == NOWHERE:
        return start + ONE, 1
    at = string_end(data, at)
    if at != NOWHERE:
        at = skip_text(data, at + ONE, DATA)
    return at, 2


@jit
def skip_braces(data: ByteArray, start: np.uint64, braces: int) -> np.uint64:
    """Return the place after so many closing braces."""
    at = start
    for _ in range(braces):
        if data[at] != CLOSE:
            return NOWHERE
        at += ONE
    return at


@jit
def skip_text(data: ByteArray, start: np.uint64, text: ByteArray) -> np.uint64:
    """Return the place after `text`."""
    for i in range(text.size):
        if data[start + np.uint64(i)] != text[i]:
            return NOWHERE
    return start + np.uint64(text.size)


@jit
def string_end(data: ByteArray, start: np.uint64) -> np.uint64:
    """Return the place of the quote that closes the string without escapes which begins at `start`."""
    at = start
    while data[at] != QUOTE:
        if data[at] < SPACE or data[at] == BACKSLASH:
            return NOWHERE
        at += ONE
    return at


@jit
def read_name(data: ByteArray, start: np.uint64) -> tuple[int, np.uint64]:
    """Return a field's one-letter name, 0 for a longer one, and the place of its value."""
    if data[start] != QUOTE:
        return 0, NOWHERE
    stop = string_end(data, start + ONE)
    if stop == NOWHERE or data[stop + ONE] != COLON:
        return 0, NOWHERE
    letter = int(data[start + ONE]) if stop == start + TWO else 0
    return letter, stop + TWO


@jit
def read_whole(data: ByteArray, start: np.uint64) -> tuple[int, np.uint64]:
    """Return the whole number without sign or leading zeros that begins at `start`, and the place after it."""
    value = np.int64(0)
    at = start
    digit = np.int64(data[at]) - ZERO
    while np.uint64(digit) <= np.uint64(9):
        value = value * 10 + digit
        at += ONE
        digit = np.int64(data[at]) - ZERO
    digits = at - start
    if digits == NOWHERE or digits > MAX_DIGITS or (digits > ONE and data[start] == ZERO):
        return 0, NOWHERE
    return int(value), at


@jit
def read_decimal(data: ByteArray, start: np.uint64, powers: FloatArray) -> tuple[float, np.uint64]:
    """Return the positive decimal in the string at `start` as the nearest float, and the place after it."""
    if data[start] != QUOTE:
        return 0.0, NOWHERE
    begin = start + ONE
    at = begin
    value = np.int64(0)
    point = NOWHERE
    digit = np.int64(data[at]) - ZERO
    while np.uint64(digit) <= np.uint64(9):
        value = value * 10 + digit
        at += ONE
        digit = np.int64(data[at]) - ZERO
    if at == begin:
        return 0.0, NOWHERE
    if data[at] == DOT:
        at += ONE
        point = at
        digit = np.int64(data[at]) - ZERO
        while np.uint64(digit) <= np.uint64(9):
            value = value * 10 + digit
            at += ONE
            digit = np.int64(data[at]) - ZERO
    if data[at] != QUOTE or at == point or at - begin > MAX_DIGITS or value == 0 or value > MAX_EXACT:
        return 0.0, NOWHERE
    number = float(value)
    return (number if point == NOWHERE else number / powers[at - point]), at + ONE


@jit
def read_symbol(
    data: ByteArray, start: np.uint64, slots: CodeArray, lines: ByteArray
) -> tuple[int, np.uint64]:
    """Return the code of the symbol in the string at `start`, and the place after it."""
    if data[start] != QUOTE:
        return -1, NOWHERE
    begin = start + ONE
    stop = string_end(data, begin)
    if stop == NOWHERE:
        return -1, NOWHERE
    code = find_name(data, begin, stop, slots, lines)
    return code, (stop + ONE if code >= 0 else NOWHERE)


@jit
def skip_kind(data: ByteArray, start: np.uint64, kind: ByteArray) -> np.uint64:
    """Return the place after the string `kind`."""
    if data[start] != QUOTE:
        return NOWHERE
    at = skip_text(data, start + ONE, kind)
    return at + ONE if at != NOWHERE and data[at] == QUOTE else NOWHERE


@jit
def skip_value(data: ByteArray, start: np.uint64) -> np.uint64:
    """Return the place after a string, whole number or word that nobody needs."""
    byte = data[start]
    if byte == QUOTE:
        stop = string_end(data, start + ONE)
        return stop + ONE if stop != NOWHERE else NOWHERE
    if byte == TRUE[0]:
        return skip_text(data, start, TRUE)
    if byte == FALSE[0]:
        return skip_text(data, start, FALSE)
    if byte == NULL[0]:
        return skip_text(data, start, NULL)
    return read_whole(data, start)[1]

"""Symbols by their bytes on the wire, for compiled readers: learned as they come, numbered in that order."""

import numpy as np

from quant.domain import ByteArray, CodeArray
from quant.kernel import jit

MAX_NAME_BYTES = 63
MAX_SYMBOLS = 4096
"""Far more than a connection carries; who sends more gets a new table, so that rubbish cannot fill the memory."""
_FIRST_SLOTS = 256
_ONE = np.uint64(1)
_NEVER_PLAIN = {*map(chr, range(32)), '"', "\\"}
"""A name with one of these does not stand in a frame as it is."""


class SymbolTable:
    """Codes of symbols: `names[code]`, in the order of their coming.

    `slots` is a hash table with open addressing, -1 where free, its size a power of two. Line `code` of `lines`
    holds the length of the name's UTF-8 bytes and the bytes; names that a reader could not know by their bytes are
    numbered, but are in no slot.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all symbols."""
        self._codes: dict[str, int] = {}
        self._names: tuple[str, ...] = ()
        self.slots: CodeArray = np.full(_FIRST_SLOTS, -1, np.int32)
        self.lines: ByteArray = np.zeros((_FIRST_SLOTS // 2, MAX_NAME_BYTES + 1), np.uint8)

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def names(self) -> tuple[str, ...]:
        """Return all symbols; the same tuple until one is added."""
        if len(self._names) != len(self._codes):
            self._names = tuple(self._codes)
        return self._names

    def code(self, name: str) -> int:
        """Return the symbol's code, given to it when it is new."""
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self._codes)
            if len(self._codes) > len(self.lines):
                self._grow()
            self._enter(name, code)
        return code

    def _grow(self) -> None:
        self.slots = np.full(2 * len(self.slots), -1, np.int32)
        self.lines = np.concatenate((self.lines, np.zeros_like(self.lines)))
        for name, code in self._codes.items():
            if code < len(self._codes) - 1:
                self._enter(name, code)

    def _enter(self, name: str, code: int) -> None:
        try:
            plain = np.frombuffer(name.encode(), np.uint8)
        except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can write
            return
        size = len(plain)
        if size > MAX_NAME_BYTES or not _NEVER_PLAIN.isdisjoint(name):
            return
        self.lines[code, 0] = size
        self.lines[code, 1 : size + 1] = plain
        mask = len(self.slots) - 1
        slot = int(hash_name(plain, np.uint64(0), np.uint64(size))) & mask
        while self.slots[slot] >= 0:
            slot = (slot + 1) & mask
        self.slots[slot] = code


@jit
def find_name(data: ByteArray, start: np.uint64, stop: np.uint64, slots: CodeArray, lines: ByteArray) -> int:
    """Return the code of the name at data[start:stop], -1 when the table has none."""
    mask = np.uint64(slots.size - 1)
    slot = hash_name(data, start, stop) & mask
    while slots[slot] >= 0:
        code = np.uint64(slots[slot])
        if np.uint64(lines[code, 0]) == stop - start:
            at = start
            while at < stop and lines[code, at - start + _ONE] == data[at]:
                at += _ONE
            if at == stop:
                return int(code)
        slot = (slot + _ONE) & mask
    return -1


@jit
def hash_name(data: ByteArray, start: np.uint64, stop: np.uint64) -> np.uint64:
    """Return a number that is seldom the same for two names."""
    value = np.uint64(0)
    at = start
    while at < stop:
        value = value * np.uint64(31) + np.uint64(data[at])
        at += _ONE
    return value ^ (value >> np.uint64(15))

"""Frames that are made once and written to many WebSockets, past what making each anew would take."""

import struct
from collections.abc import Callable

EXTENSION = "quant.ready_frames"
"""Where in a scope's extensions the writer is, if the server has one: uvicorn's other protocols have none."""

Write = Callable[[bytes], bool]
"""Takes a whole frame; returns False, and takes nothing, while the client has not read what came before."""

TEXT = 0x81  # final, and a server masks nothing


def text_frame(payload: bytes) -> bytes:
    """Return the payload as one WebSocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((TEXT, size)) + payload
    if size < 1 << 16:
        return struct.pack(">BBH", TEXT, 126, size) + payload
    return struct.pack(">BBQ", TEXT, 127, size) + payload

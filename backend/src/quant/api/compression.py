"""Large answers go as gzip to whoever takes it, made beside the event loop; what holds secrets goes as it is."""

import re

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SMALLEST = 1024
"""Bytes of an answer that is sent as it is: it fits into a packet anyway."""

BESIDE_THE_LOOP = 1 << 15
"""Bytes of a piece that is handed to a thread: a smaller one takes half a millisecond."""

LEVEL = 1
"""Of zlib: tables of numbers become a fifth (JSON) or a third (CSV); level 6 would take off another twentieth of the
whole, in four times as long."""

SECRET = ("/auth",)
"""Nothing under these is compressed: where somebody else chooses a part of an answer, its length would tell of a secret
in the rest (BREACH)."""

AS_THEY_ARE = (
    "application/vnd.apache.arrow.stream",  # for programs, mostly on the same machine, which want it fast
    "application/vnd.apache.parquet",  # compressed in itself
    "text/html",  # the dashboard's files are compressed when it is built
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/*",
    "font/*",
)


class Compression:
    """Sends answers of HTTP as gzip where the client takes it; each piece of a streamed one as it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._smaller = GZipMiddleware(
            app,
            minimum_size=SMALLEST,
            compresslevel=LEVEL,
            thread_minimum_size=BESIDE_THE_LOOP,
            exclude_content_types=AS_THEY_ARE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plain = scope["type"] != "http" or _is_secret(scope["path"]) or _refuses_gzip(scope)
        await (self._app if plain else self._smaller)(scope, receive, send)


def takes(accepted: str, encoding: str) -> bool:
    """Tell whether the Accept-Encoding header names the encoding, and not as one that is refused."""
    for part in accepted.split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() == encoding:
            return not _NEVER.fullmatch(weight.strip())
    return False


_NEVER = re.compile(r"q\s*=\s*0(?:\.0{0,3})?")


def _is_secret(path: str) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in SECRET)


def _refuses_gzip(scope: Scope) -> bool:
    """Tell whether gzip is named only to be refused, which Starlette overlooks."""
    accepted = Headers(scope=scope).get("accept-encoding", "")
    return "gzip" in accepted and not takes(accepted, "gzip")

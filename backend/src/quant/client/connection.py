"""How a server is reached."""

from typing import Any

import httpx

from quant.errors import Unavailable

CONNECT_WITHIN_S = 10.0
ANSWER_WITHIN_S = 600.0
"""A long export is made for some time before its first byte."""


def headers_of(token: str | None) -> dict[str, str]:
    """Return the headers that show the token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def options(url: str, token: str | None) -> dict[str, Any]:  # Any: httpx's options are of many types
    """Return the options of httpx's clients."""
    timeout = httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S)
    return {"base_url": url, "headers": headers_of(token), "timeout": timeout}


def socket_url(url: str) -> str:
    """Return the WebSocket's address of a server."""
    base = httpx.URL(url)
    scheme = "wss" if base.scheme == "https" else "ws"
    return str(base.copy_with(scheme=scheme, path=f"{base.path.rstrip('/')}/ws"))


def unreachable(url: str, error: httpx.TransportError) -> Unavailable:
    """Return the error for a server that does not answer."""
    return Unavailable(f"the server at {url} does not answer: {error}")

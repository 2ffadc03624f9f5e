"""Where a request comes from and whom it asks for: peers, proxies that are trusted, and names of this server."""

import ipaddress
import socket
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

UNKNOWN = "unknown"
FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")
"""By one of these a proxy says for whom it asks."""

SCHEMES = {"http": 80, "https": 443}
"""Those that a page can have, and the ports that need not be named."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_IPV6_PREFIX = 64
"""Of an IPv6 address only its network tells who somebody is: a home has 2^64 of them."""


class Peers:
    """Tells the address of whoever asks; X-Forwarded-For counts only from proxies that are trusted."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(each) for each in trusted)

    def address(self, scope: Scope, headers: Headers) -> str:
        """Return the address: the peer's, or the last one of X-Forwarded-For that is no trusted proxy's."""
        client = scope.get("client")
        peer = str(client[0]) if client else UNKNOWN
        if client and client[1] == 0 and "x-forwarded-for" in headers and not self._trusted:
            return UNKNOWN  # the server around us has believed the header, which nobody told us to
        if self._trusted and self._is_trusted(peer):
            for hop in reversed(_hops(headers)):
                if not self._is_trusted(hop):
                    return hop
        return peer

    def is_local(self, scope: Scope, headers: Headers) -> bool:
        """Tell whether the caller is known to be of this machine: by its peer, and a trusted proxy's word if any.

        A proxy on this machine has its address whoever is behind it, so that the word of one that is not trusted, or
        one that is torn, shows only that the caller may be anywhere.
        """
        client = scope.get("client")
        if not client or not _is_loopback(str(client[0])):
            return False
        if not any(name in headers for name in FORWARDING):
            return True
        if client[1] == 0 or not self._is_trusted(str(client[0])):  # 0: put there by the server around us
            return False
        hops = _hops(headers)
        return bool(hops) and all(_is_loopback(hop) for hop in hops)

    def scheme(self, scope: Scope, headers: Headers) -> str:
        """Return `http` or `https`, whichever the browser speaks: as a trusted proxy says, or as we hear it."""
        client = scope.get("client")
        told = headers.get("x-forwarded-proto", "")
        if told in SCHEMES and client is not None and self._is_trusted(str(client[0])):
            return told
        return "https" if scope.get("scheme") in ("https", "wss") else "http"

    def _is_trusted(self, text: str) -> bool:
        return _is_within(text, self._trusted)


@lru_cache(maxsize=4096)
def _is_within(text: str, networks: tuple[Network, ...]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in networks)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_loopback(text: str) -> bool:
    address = _parsed(text)
    return address is not None and address.is_loopback


def _hops(headers: Headers) -> list[str]:
    """Return the addresses of X-Forwarded-For, none where one of them is not an address: then it says nothing."""
    given = ",".join(headers.getlist("x-forwarded-for"))
    hops = [part.strip() for part in given.split(",")] if given else []
    return hops if all(_parsed(hop) is not None for hop in hops) else []


@lru_cache(maxsize=4096)
def limited_by(address: str) -> str:
    """Return what requests of this address are counted by."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed or address)


def origin_of(scheme: str, host: str) -> str | None:
    """Return the origin of pages at this host and port as browsers write it, None where there can be none."""
    try:
        parts = urlsplit(f"//{host}")
        port, name = parts.port, (parts.hostname or "").lower()
    except ValueError:
        return None
    if not name or parts.netloc != host or "@" in host or scheme not in SCHEMES:
        return None
    name = f"[{name}]" if ":" in name else name
    return f"{scheme}://{name}" if port in (None, SCHEMES[scheme]) else f"{scheme}://{name}:{port}"


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine; 127.evil.example and torn names do not."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


class HostNames:
    """Which Host headers are answered, so that no other name can be pointed at this server.

    On loopback its own names and ALLOWED_HOSTS. Elsewhere ALLOWED_HOSTS where there are any; without any, whatever
    name where a log-in is asked for, which a browser keeps to the name it was made on, and where none is asked for
    addresses, this machine's name and those of `origins`.
    """

    def __init__(
        self, *, loopback_only: bool, allowed: Iterable[str], origins: Iterable[str], is_open: bool
    ) -> None:
        self._loopback_only = loopback_only
        self._any_name = not loopback_only and not is_open and not tuple(allowed)
        self._any_address = not loopback_only
        names = {name.strip("[]") for name in allowed}
        if not loopback_only and not names:
            own = socket.gethostname().lower()
            names = {own, own.partition(".")[0], f"{own.partition('.')[0]}.local"}
            names |= {urlsplit(origin).hostname or "" for origin in origins} - {""}
        self._names = frozenset(names)

    def refusal(self, host: str) -> str | None:
        """Return why the Host header is not answered, None where it is."""
        if self._any_name or is_loopback(host):
            return None
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            name = ""
        if name in self._names or (self._any_address and _parsed(name) is not None):
            return None
        if self._loopback_only and not self._names:
            return f"host {host[:60]!r} is not this machine: open http://127.0.0.1 instead"
        return f"host {host[:60]!r} is not a name of this server: ALLOWED_HOSTS names them"

"""Whom a webhook may reach: a name is resolved once, every address must be public, and that one is connected to."""

import asyncio
import contextlib
import ipaddress
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

from quant.delivery.message import DeliveryFailed, DeliveryRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_NUMERIC = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)\.?")
"""A last label such as this makes other programs read the whole host as an IPv4 address."""

# Not reached over the internet, whatever this version of Python's tables say.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "fec0::/10",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the machine resolves them.

    Each look-up has a thread of its own: one that hangs cannot be ended, and in a pool that others use, a few of them
    would hold up all that is stored and evaluated.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def give(found: list[str] | BaseException) -> None:
        if answer.done():  # nobody waits any more
            return
        if isinstance(found, BaseException):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found: list[str] | BaseException
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(address[0]) for *_, address in rows))
        except (OSError, UnicodeError) as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(give, found)

    threading.Thread(target=look_up, name=f"resolve {host[:40]}", daemon=True).start()
    return await answer


async def address_to_use(host: str, port: int, *, allow_private: bool, resolve: Resolve = resolve) -> str:
    """Return the address to connect to: with `allow_private` any, else a public one of a host that has no other.

    A name that also resolves to a private address is refused whole: the next look-up could give that one.
    Raises DeliveryRefused for such a host, DeliveryFailed where the name is not found.
    """
    try:
        addresses = [ipaddress.ip_address(host)]
    except ValueError:
        if _NUMERIC.fullmatch(host.rsplit(".", 1)[-1] or host.rstrip(".").rsplit(".", 1)[-1]):
            raise DeliveryRefused(f"{host} is no plain IPv4 address and no name") from None
        addresses = await _addresses(host, port, resolve)
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise DeliveryRefused(
                    f"{host} is at {address}, which is not public; ALERT_ALLOW_PRIVATE_HOSTS=true allows it"
                )
    return str(addresses[0])


async def _addresses(host: str, port: int, resolve: Resolve) -> list[Address]:
    try:
        found = await resolve(host, port)
    except (OSError, UnicodeError) as error:  # a label that is too long is a UnicodeError
        raise DeliveryFailed(f"{host} cannot be resolved: {error}") from error
    if not found:
        raise DeliveryFailed(f"{host} has no address")
    return [ipaddress.ip_address(address.split("%", 1)[0]) for address in found]


def is_public(address: Address) -> bool:
    """Return whether an address is one of the internet, an IPv4 address inside an IPv6 one included."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = _inside(address)
        if inside is not None:
            return is_public(inside)
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NEVER if network.version == address.version)
    )


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to this one end at: mapped, 6to4, Teredo, NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None

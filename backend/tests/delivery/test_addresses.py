"""No webhook reaches into the network that the server stands in."""

import asyncio
import ipaddress
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.delivery import addresses
from quant.delivery.addresses import address_to_use, is_public, resolve
from quant.delivery.message import DeliveryFailed, DeliveryRefused

PRIVATE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:c0a8:101::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
)  # fmt: skip
PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8")


def use(host: str, *answers: str, allow_private: bool = False) -> str:
    async def resolve(_host: str, _port: int) -> list[str]:
        if not answers:
            raise OSError("Name or service not known")
        return list(answers)

    return asyncio.run(address_to_use(host, 443, allow_private=allow_private, resolve=resolve))


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_internet_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(DeliveryRefused, match="not public"):
        use(address)
    with pytest.raises(DeliveryRefused, match="not public"):
        use("hooks.example.com", address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_used(address: str) -> None:
    assert use("hooks.example.com", address) == use(address) == str(ipaddress.ip_address(address))


@pytest.mark.parametrize("public", PUBLIC)
def test_a_name_with_one_private_address_is_refused_whole(public: str) -> None:
    for answers in ((public, "127.0.0.1"), ("127.0.0.1", public)):
        with pytest.raises(DeliveryRefused):
            use("rebinding.example.com", *answers)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "134744072", "127.0.0.1.", "1.2.3.0x4"],
)
def test_other_ways_to_write_an_ipv4_address_are_refused(host: str) -> None:
    with pytest.raises(DeliveryRefused, match="no plain IPv4 address"):
        use(host, "8.8.8.8")
    with pytest.raises(DeliveryRefused, match="no plain IPv4 address"):
        use(host, "8.8.8.8", allow_private=True)


def test_a_scoped_address_is_read_without_its_scope() -> None:
    with pytest.raises(DeliveryRefused, match="not public"):
        use("printer.example.com", "fe80::1%eth0")


def test_private_hosts_are_used_where_they_are_allowed() -> None:
    assert use("hooks.test", "127.0.0.1", allow_private=True) == "127.0.0.1"


def test_a_name_that_is_not_found_may_be_found_later() -> None:
    with pytest.raises(DeliveryFailed, match="cannot be resolved"):
        use("nowhere.example.com")


@given(st.ip_addresses())
def test_every_address_gets_an_answer(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_private
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_multicast


def test_the_machine_resolves_names() -> None:
    assert set(asyncio.run(resolve("localhost", 443))) & {"127.0.0.1", "::1"}
    with pytest.raises(UnicodeError, match="label"):
        asyncio.run(resolve("a" * 64 + ".example", 443))


def test_look_ups_that_hang_hold_up_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work handed to the event loop's own threads, as requests and storage do, is done meanwhile."""
    released = threading.Event()

    def hang(*_: Any, **__: Any) -> list[Any]:
        released.wait(60)
        return []

    monkeypatch.setattr(addresses.socket, "getaddrinfo", hang)

    async def scene() -> None:
        hanging = [asyncio.create_task(resolve(f"host-{number}.example", 443)) for number in range(64)]
        async with asyncio.timeout(30):
            assert await asyncio.to_thread(lambda: "done") == "done"
        assert not any(task.done() for task in hanging)
        hanging.pop().cancel()  # the message's time is over; the answer comes later
        released.set()
        assert await asyncio.gather(*hanging) == [[]] * 63

    asyncio.run(scene())

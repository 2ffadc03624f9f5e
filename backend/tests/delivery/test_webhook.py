"""A webhook against real receivers on loopback: signature, pinning, time-outs and refusals."""

import asyncio
import json
import ssl
import time
from pathlib import Path

import pytest

from delivery.receiver import NAME, answer, receiving
from quant.clock import SystemClock
from quant.delivery.message import DeliveryFailed, DeliveryRefused, Message
from quant.delivery.signature import sign, verify
from quant.delivery.webhook import Webhook, check_url
from quant.errors import InvalidParameter

SECRET = b"a secret of this test"
MESSAGE = Message(
    "event-1", "warning", "z above 2", "BTC against ETH: z = 2.3", json.dumps({"z": 2.3}).encode()
)


async def to_loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def webhook(port: int, trust: ssl.SSLContext | None, **options: object) -> Webhook:
    return Webhook(
        f"https://{NAME}:{port}/hook?of=desk",
        secret=SECRET,
        clock=SystemClock(),
        trust=trust,
        **({"allow_private": True, "resolve": to_loopback} | options),
    )


def test_a_message_comes_signed_to_the_name_it_was_sent_to(
    certificate: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    async def scene() -> None:
        async with receiving(certificate) as receiver:
            await webhook(receiver.port, trust).send(MESSAGE)
            ((headers, body),) = receiver.requests
            assert body == MESSAGE.payload
            assert receiver.paths == ["/hook?of=desk"]
            assert headers["host"] == f"{NAME}:{receiver.port}"
            assert headers["x-quant-event"] == "event-1"
            signature = headers["x-quant-signature"]
            assert verify(signature, body, secret=SECRET, now_s=time.time())
            assert not verify(signature, body + b" ", secret=SECRET, now_s=time.time())
            assert not verify(signature, body, secret=b"another", now_s=time.time())
            assert not verify(signature, body, secret=SECRET, now_s=time.time() + 301)

    asyncio.run(scene())


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=abc,v1=00", "v1=00", "t=1", "t=1,v1=00,v1=11"])
def test_what_is_no_signature_verifies_nothing(header: str) -> None:
    assert not verify(header, b"{}", secret=SECRET, now_s=1.0)


def test_a_signature_belongs_to_its_time() -> None:
    made = sign(b"{}", secret=SECRET, at_s=1000)
    assert verify(made, b"{}", secret=SECRET, now_s=1000.0)
    assert not verify(made.replace("t=1000", "t=1001"), b"{}", secret=SECRET, now_s=1000.0)


def test_a_certificate_of_another_name_is_refused(
    certificate: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    async def scene() -> None:
        async with receiving(certificate) as receiver:
            other = Webhook(
                f"https://other.test:{receiver.port}/",
                secret=SECRET, clock=SystemClock(), trust=trust, allow_private=True, resolve=to_loopback,
            )  # fmt: skip
            with pytest.raises(DeliveryFailed, match="certificate"):
                await other.send(MESSAGE)
            assert receiver.requests == []

    asyncio.run(scene())


def test_a_loopback_receiver_gets_nothing_unless_private_hosts_are_allowed(
    certificate: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    async def scene() -> None:
        async with receiving(certificate) as receiver:
            with pytest.raises(DeliveryRefused, match="not public"):
                await webhook(receiver.port, trust, allow_private=False).send(MESSAGE)
            assert receiver.requests == []

    asyncio.run(scene())


def test_the_name_is_looked_up_once_and_that_address_is_connected_to(
    certificate: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    """A name that gives another address the second time gains nothing: there is no second time."""
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    async def scene() -> None:
        async with receiving(certificate) as receiver:
            await webhook(receiver.port, trust, resolve=rebinding).send(MESSAGE)
            assert len(receiver.requests) == 1

    asyncio.run(scene())
    assert asked == [NAME]


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_a_redirect_is_not_followed(
    certificate: tuple[Path, Path], trust: ssl.SSLContext, status: str
) -> None:
    async def scene() -> None:
        async with (
            receiving(certificate) as inside,
            receiving(certificate, answer(status, f"location: https://{NAME}:{inside.port}/")) as receiver,
        ):
            with pytest.raises(DeliveryRefused, match="redirects are not followed"):
                await webhook(receiver.port, trust).send(MESSAGE)
            assert inside.requests == []

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answer("500 Internal Server Error"), "answered 500"),
        (answer("503 Service Unavailable", "retry-after: 7"), "answered 503"),
        (answer("429 Too Many Requests", "retry-after: tomorrow"), "answered 429"),
        ("drop", "disconnected"),
        ("hang", "no answer within"),
        (b"rubbish\r\n\r\n", "illegal status line"),
    ],
)
def test_what_may_pass_is_tried_again(
    certificate: tuple[Path, Path], trust: ssl.SSLContext, said: bytes | str, error: str
) -> None:
    async def scene() -> None:
        async with receiving(certificate, said) as receiver:
            with pytest.raises(DeliveryFailed, match=error) as failed:
                await webhook(receiver.port, trust, timeout_s=1.0 if said == "hang" else 5.0).send(MESSAGE)
            assert failed.value.retry_after_s == (7.0 if b"503" in str(said).encode() else 0.0)

    asyncio.run(scene())


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "404 Not Found", "410 Gone"])
def test_a_refusal_is_final(certificate: tuple[Path, Path], trust: ssl.SSLContext, status: str) -> None:
    async def scene() -> None:
        async with receiving(certificate, answer(status)) as receiver:
            with pytest.raises(DeliveryRefused, match=f"answered {status}"):
                await webhook(receiver.port, trust).send(MESSAGE)

    asyncio.run(scene())


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "https://", "https:///path", "hooks.example.com",
        "https://user:password@hooks.example.com/", "https://" + "a" * 2050 + ".com/", "https://[::1", "",
        "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_of_no_use_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidParameter, match="channel"):
        check_url(url, allow_private=False)


def test_plain_http_needs_leave() -> None:
    assert check_url("http://127.0.0.1:9000/hook", allow_private=True).port == 9000

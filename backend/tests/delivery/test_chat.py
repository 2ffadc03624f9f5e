"""Chat through Apprise: a real request to a service on loopback, and text that no chat takes for markup."""

import asyncio
import json

import pytest

from delivery.receiver import answer, receiving
from quant.clock import SystemClock
from quant.delivery.channels import Channels
from quant.delivery.chat import Chat, inert
from quant.delivery.message import DeliveryFailed, Message
from quant.errors import InvalidParameter

MESSAGE = Message("event-1", "critical", "<b>@everyone</b>", "z > 2 [free](https://evil.example)\nnow", b"{}")


def test_apprise_carries_the_message_as_plain_text() -> None:
    async def scene() -> None:
        async with receiving(None) as receiver:
            await Chat(f"json://127.0.0.1:{receiver.port}/").send(MESSAGE)
            ((_, body),) = receiver.requests
            said = json.loads(body)
            assert said["title"] == inert(MESSAGE.title)
            assert said["message"] == inert(MESSAGE.text)
            assert said["type"] == "failure"

    asyncio.run(scene())


def test_a_service_that_refuses_is_tried_again() -> None:
    async def scene() -> None:
        async with receiving(None, answer("500 Internal Server Error")) as receiver:
            with pytest.raises(DeliveryFailed, match="did not take"):
                await Chat(f"json://127.0.0.1:{receiver.port}/").send(MESSAGE)

    asyncio.run(scene())


def test_a_call_that_hangs_is_left_behind() -> None:
    async def scene() -> None:
        async with receiving(None, "hang", answer("200 OK")) as receiver:
            chat = Chat(f"json://127.0.0.1:{receiver.port}/?rto=2&cto=2", timeout_s=0.3)
            with pytest.raises(DeliveryFailed, match=r"no answer within 0\.3 s"):
                await chat.send(MESSAGE)
            await Chat(f"json://127.0.0.1:{receiver.port}/").send(MESSAGE)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("@everyone", "@e"),
        ("<!channel>", "<!"),
        ("<script>alert(1)</script>", "<s"),
        ("[free money](https://evil.example)", "]("),
        ("a\x1b[31mred\x07", "\x1b"),
        ("abc\u202egpj.exe", "\u202e"),
    ],
)
def test_nothing_in_a_name_is_live(text: str, never: str) -> None:
    assert never not in inert(text)


def test_plain_text_stays() -> None:
    assert inert("BTC/ETH: z = +2.31 > 2\nnext line") == "BTC/ETH: z = +2.31 > 2\nnext line"


def test_channels_are_names_of_the_settings_or_webhooks() -> None:
    named = {"desk": "https://hooks.example.com/a", "phone": "tgram://123456789:abcdefg_hijklmnop/12315544"}
    channels = Channels(named, secret=b"s", clock=SystemClock())
    assert channels.names == ("desk", "phone")
    for word in ("desk", "phone", "https://hooks.example.com/b"):
        channels.check(word)
        assert channels.open(word)
    for word in ("nobody", "http://hooks.example.com/", "tgram://123456789:abcdefg_hijklmnop/12315544", ""):
        with pytest.raises(InvalidParameter, match="channel"):
            channels.check(word)


@pytest.mark.parametrize("url", ["nonsense://x", "http://hooks.example.com/", "not an address", ""])
def test_a_setting_of_no_use_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(InvalidParameter, match=r"channel|ALERT_CHANNELS"):
        Channels({"desk": url}, secret=b"s", clock=SystemClock())

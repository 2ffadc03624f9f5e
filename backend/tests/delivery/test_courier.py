"""The courier: every message until it is taken or given up, and no channel behind another one."""

import asyncio
import json
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from delivery.receiver import NAME, answer, receiving
from quant.clock import SystemClock
from quant.delivery.channels import Channels
from quant.delivery.courier import Channel, Courier, Delivery
from quant.delivery.message import DeliveryFailed, Message
from quant.delivery.webhook import Webhook

WITHIN_S = 20.0


@dataclass
class Entry:
    delivery: Delivery
    due_ms: int = 0
    state: str = "waiting"
    error: str = ""


class MemoryOutbox:
    """An outbox for tests of the courier alone."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def put(self, channel: str, event: str) -> None:
        message = Message(event, "info", event, event, json.dumps({"event": event}).encode())
        self.entries.append(Entry(Delivery(len(self.entries), channel, 0, message)))

    def waiting(self) -> Sequence[str]:
        return sorted({entry.delivery.channel for entry in self.entries if entry.state == "waiting"})

    def _of(self, channel: str) -> list[Entry]:
        return [
            entry for entry in self.entries if entry.state == "waiting" and entry.delivery.channel == channel
        ]

    def due(self, channel: str, *, now_ms: int, limit: int) -> Sequence[Delivery]:
        return [entry.delivery for entry in self._of(channel) if entry.due_ms <= now_ms][:limit]

    def next_due_ms(self, channel: str) -> int | None:
        return min((entry.due_ms for entry in self._of(channel)), default=None)

    def delivered(self, delivery_id: int, *, at_ms: int) -> None:
        self.entries[delivery_id].state = "delivered"

    def failed(self, delivery_id: int, *, at_ms: int, error: str, retry_at_ms: int | None) -> None:
        entry = self.entries[delivery_id]
        entry.delivery = replace(entry.delivery, attempts=entry.delivery.attempts + 1)
        entry.error, entry.due_ms = error, retry_at_ms or 0
        if retry_at_ms is None:
            entry.state = "dead"

    def states(self) -> list[str]:
        return [entry.state for entry in self.entries]


async def seen(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not done():  # noqa: ASYNC110  what is waited for happens on another thread
            await asyncio.sleep(0.01)


async def run_until(courier: Courier, done: Callable[[], bool]) -> None:
    running, watching = asyncio.create_task(courier.run()), asyncio.create_task(seen(done))
    await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    await watching
    with pytest.raises(asyncio.CancelledError):
        await running


async def to_loopback(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def courier(
    outbox: MemoryOutbox, open_channel: Callable[[str], Channel], *, delays_s: Sequence[float] = (0.01, 0.01)
) -> Courier:
    return Courier(outbox, open_channel, clock=SystemClock(), rng=random.Random(1), delays_s=delays_s)


def webhooks(trust: ssl.SSLContext, *, hangs: int) -> Callable[[str], Channel]:
    def open_channel(url: str) -> Channel:
        return Webhook(
            url,
            secret=b"secret",
            clock=SystemClock(),
            allow_private=True,
            trust=trust,
            resolve=to_loopback,
            timeout_s=0.5 if f":{hangs}/" in url else 20.0,
        )

    return open_channel


def test_receivers_that_fail_get_their_retries_and_end_among_the_dead_letters(
    certificate: tuple[Path, Path], trust: ssl.SSLContext
) -> None:
    async def scene() -> None:
        outbox = MemoryOutbox()
        error = answer("500 Internal Server Error")
        async with (
            receiving(certificate) as good,
            receiving(certificate, "hang") as hangs,
            receiving(certificate, "drop") as drops,
            receiving(certificate, error) as breaks,
            receiving(certificate, error, error, answer("200 OK")) as recovers,
        ):
            receivers = [good, hangs, drops, breaks, recovers]
            for receiver in receivers:
                outbox.put(f"https://{NAME}:{receiver.port}/", "event-1")
            await run_until(
                courier(outbox, webhooks(trust, hangs=hangs.port)), lambda: "waiting" not in outbox.states()
            )
            assert outbox.states() == ["delivered", "dead", "dead", "dead", "delivered"]
            answered = [good, drops, breaks, recovers]
            assert [len(receiver.requests) for receiver in answered] == [1, 3, 3, 3]
            assert outbox.entries[1].delivery.attempts == 3  # on a busy machine not all of them got that far
            assert {headers["x-quant-event"] for headers, _ in recovers.requests} == {"event-1"}
            assert "no answer" in outbox.entries[1].error
            assert "answered 500" in outbox.entries[3].error

    asyncio.run(scene())


def test_a_channel_that_hangs_holds_up_no_other() -> None:
    held = asyncio.Event()
    sent: list[str] = []

    class Slow:
        async def send(self, message: Message) -> None:
            await held.wait()
            sent.append(message.event_id)

    class Quick:
        async def send(self, message: Message) -> None:
            sent.append(message.event_id)

    async def scene() -> None:
        outbox = MemoryOutbox()
        outbox.put("slow", "slow-1")
        for number in range(50):
            outbox.put("quick", f"quick-{number}")
        carrying = courier(outbox, lambda name: Slow() if name == "slow" else Quick())
        await run_until(carrying, lambda: len(sent) == 50)
        assert sent == [f"quick-{number}" for number in range(50)]
        assert outbox.states()[0] == "waiting"  # cancelled under way: it is sent at the next start

        held.set()
        await run_until(courier(outbox, lambda _: Slow()), lambda: "waiting" not in outbox.states())
        assert sent[-1] == "slow-1"

    asyncio.run(scene())


def test_what_is_put_later_is_delivered_when_woken() -> None:
    sent: list[str] = []

    class Quick:
        async def send(self, message: Message) -> None:
            sent.append(message.event_id)

    async def scene() -> None:
        outbox = MemoryOutbox()
        carrying = courier(outbox, lambda _: Quick())
        running = asyncio.create_task(carrying.run())
        for number in range(100):
            outbox.put(f"channel-{number % 3}", str(number))
            carrying.wake()
            if number % 7 == 0:
                await asyncio.sleep(0)
        await seen(lambda: len(sent) == 100)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert sorted(map(int, sent)) == list(range(100))

    asyncio.run(scene())


def test_a_channel_that_is_gone_or_broken_spoils_nothing() -> None:
    sent: list[str] = []

    class Broken:
        async def send(self, message: Message) -> None:
            raise RuntimeError("a bug in a library")

    class Quick:
        async def send(self, message: Message) -> None:
            sent.append(message.event_id)

    channels = Channels({}, secret=b"secret", clock=SystemClock())

    def open_channel(name: str) -> Channel:
        if name == "gone":
            return channels.open(name)
        return Broken() if name == "broken" else Quick()

    async def scene() -> None:
        outbox = MemoryOutbox()
        for name in ("gone", "broken", "quick"):
            outbox.put(name, name)
        await run_until(courier(outbox, open_channel), lambda: "waiting" not in outbox.states())
        assert outbox.states() == ["dead", "dead", "delivered"]
        assert "neither a webhook's https address nor a channel" in outbox.entries[0].error
        assert "a bug in a library" in outbox.entries[1].error

    asyncio.run(scene())


def test_of_a_webhook_s_address_only_the_host_is_written_down() -> None:
    """Chat services put the key into the path, others into the query or before the host."""
    channel = "https://key-1@hooks.example.com/services/T000/KEY-2?token=key-3"

    class Failing:
        async def send(self, message: Message) -> None:
            raise DeliveryFailed("the receiver answered 500")

    async def scene() -> None:
        outbox = MemoryOutbox()
        outbox.put(channel, "one")
        await run_until(courier(outbox, lambda _: Failing()), lambda: "waiting" not in outbox.states())

    with capture_logs() as lines:
        asyncio.run(scene())
    told = [line["channel"] for line in lines if line["event"] == "delivery.failed"]
    assert set(told) == {"https://hooks.example.com/…"}
    assert "key" not in str(lines).lower()


def test_the_receivers_wish_for_a_pause_is_kept() -> None:
    tries: list[int] = []

    class Busy:
        async def send(self, message: Message) -> None:
            tries.append(clock.wall_ns())
            raise DeliveryFailed("later", retry_after_s=3600.0)

    clock = SystemClock()

    async def scene() -> None:
        outbox = MemoryOutbox()
        outbox.put("busy", "event")
        await run_until(courier(outbox, lambda _: Busy()), lambda: outbox.entries[0].due_ms > 0)
        assert outbox.entries[0].due_ms >= tries[0] // 10**6 + 3_600_000 - 1

    asyncio.run(scene())

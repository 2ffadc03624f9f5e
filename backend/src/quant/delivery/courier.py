"""Carries messages from the outbox to their channels: each channel by itself, again after a failure, then given up.

The outbox is on the disk, so a message outlives a restart; one that was sent and not yet marked is sent again,
with the same event id.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from quant.clock import NS_PER_MS, Clock
from quant.delivery.message import DeliveryFailed, Message, shown
from quant.errors import QuantError

JITTER = 0.2
BATCH = 20
LONGEST_WAIT_S = 30.0  # then the outbox is looked at again, in case the clock was set

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one channel."""

    id: int
    channel: str
    attempts: int  # that failed
    message: Message


class Channel(Protocol):
    """One way to reach people or machines."""

    async def send(self, message: Message) -> None: ...


class Outbox(Protocol):
    """Where deliveries are kept until they are done; calls block, and survive a crash once they return."""

    def waiting(self) -> Sequence[str]:
        """Return the channels that have deliveries waiting."""
        ...

    def due(self, channel: str, *, now_ms: int, limit: int) -> Sequence[Delivery]:
        """Return deliveries whose time has come, oldest first."""
        ...

    def next_due_ms(self, channel: str) -> int | None:
        """Return when the next delivery is due, None when none waits."""
        ...

    def delivered(self, delivery_id: int, *, at_ms: int) -> None:
        """Mark a delivery as done."""
        ...

    def failed(self, delivery_id: int, *, at_ms: int, error: str, retry_at_ms: int | None) -> None:
        """Note a failure and when to try again; None makes it a dead letter."""
        ...


class Courier:
    """Delivers what the outbox holds. `wake` when something was put there."""

    def __init__(
        self,
        outbox: Outbox,
        open_channel: Callable[[str], Channel],
        *,
        clock: Clock,
        rng: random.Random,
        delays_s: Sequence[float],
    ) -> None:
        """Wait so long after each failure of a message; when `delays_s` is used up, it goes to the dead letters."""
        self._outbox = outbox
        self._open = open_channel
        self._clock = clock
        self._rng = rng
        self._delays_s = tuple(delays_s)
        self._woken = asyncio.Event()
        self._channels: dict[str, asyncio.Event] = {}

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()
        for woken in self._channels.values():
            woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; a delivery under way then is made again at the next start."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for channel in await asyncio.to_thread(self._outbox.waiting):
                    if channel not in self._channels:
                        self._channels[channel] = asyncio.Event()
                        group.create_task(self._serve(channel), name=f"courier {channel[:40]}")
                await self._woken.wait()

    async def _serve(self, channel: str) -> None:
        """Deliver all that waits for one channel, then end."""
        woken = self._channels[channel]
        try:
            while True:
                woken.clear()
                due = await asyncio.to_thread(self._outbox.due, channel, now_ms=self._now_ms(), limit=BATCH)
                for delivery in due:
                    await self._deliver(delivery)
                if due:
                    continue
                at_ms = await asyncio.to_thread(self._outbox.next_due_ms, channel)
                if at_ms is None and not woken.is_set():
                    return
                await self._wait_until(at_ms, woken)
        finally:
            del self._channels[channel]

    async def _wait_until(self, at_ms: int | None, woken: asyncio.Event) -> None:
        if at_ms is None or at_ms <= self._now_ms():
            return
        wait_s = min((at_ms - self._now_ms()) / 1000, LONGEST_WAIT_S)
        try:
            async with asyncio.timeout(wait_s):
                await woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, delivery: Delivery) -> None:
        retry_at_ms: int | None = None
        try:
            await self._open(delivery.channel).send(delivery.message)
        except DeliveryFailed as error:
            reason = error.message
            if delivery.attempts < len(self._delays_s):
                delay_s = self._delays_s[delivery.attempts] * self._rng.uniform(1 - JITTER, 1 + JITTER)
                retry_at_ms = self._now_ms() + round(1000 * max(delay_s, error.retry_after_s))
        except QuantError as error:  # refused, or no channel any more
            reason = error.message
        except Exception as error:  # a channel's library may raise anything: no other message must suffer
            log.exception(
                "delivery.broke", channel=shown(delivery.channel), event_id=delivery.message.event_id
            )
            reason = f"internal error: {error!r}"
        else:
            await asyncio.to_thread(self._outbox.delivered, delivery.id, at_ms=self._now_ms())
            return
        log.warning(
            "delivery.failed",
            channel=shown(delivery.channel),
            event_id=delivery.message.event_id,
            reason=reason,
            again=retry_at_ms is not None,
        )
        await asyncio.to_thread(
            self._outbox.failed, delivery.id, at_ms=self._now_ms(), error=reason, retry_at_ms=retry_at_ms
        )

    def _now_ms(self) -> int:
        return self._clock.wall_ns() // NS_PER_MS

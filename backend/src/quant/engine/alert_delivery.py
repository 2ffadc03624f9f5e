"""Alert events on their way out: from the store's outbox to messages, with the secret that signs them."""

import os
import random
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from quant.clock import NS_PER_MS, Clock
from quant.delivery.channels import Channels
from quant.delivery.courier import Courier, Delivery
from quant.delivery.message import Message
from quant.delivery.webhook import trusting
from quant.errors import InvalidParameter, SettingsError
from quant.log import conceal
from quant.settings import Settings
from quant.storage.alert_outbox import AlertOutbox
from quant.storage.alert_records import StoredEvent

SECRET_NAME = "webhook-secret"  # noqa: S105  a file's name


class MessageOutbox:
    """The store's deliveries as messages; counts what becomes of them. Calls block."""

    def __init__(self, outbox: AlertOutbox) -> None:
        self._outbox = outbox
        self.sent = self.failures = self.dead = 0

    def waiting(self) -> Sequence[str]:
        return self._outbox.waiting()

    def due(self, channel: str, *, now_ms: int, limit: int) -> Sequence[Delivery]:
        return [
            Delivery(each.id, each.channel, each.attempts, message_of(each.event))
            for each in self._outbox.due(channel, now_ms=now_ms, limit=limit)
        ]

    def next_due_ms(self, channel: str) -> int | None:
        return self._outbox.next_due_ms(channel)

    def delivered(self, delivery_id: int, *, at_ms: int) -> None:
        self._outbox.delivered(delivery_id, at_ms=at_ms)
        self.sent += 1

    def failed(self, delivery_id: int, *, at_ms: int, error: str, retry_at_ms: int | None) -> None:
        self._outbox.failed(delivery_id, at_ms=at_ms, error=error, retry_at_ms=retry_at_ms)
        self.failures += 1
        self.dead += retry_at_ms is None


def message_of(event: StoredEvent) -> Message:
    """Return what is told of an event."""
    document: dict[str, Any] = msgspec.json.decode(event.document)  # Any: JSON
    title = f"[{event.severity}] {document['rule']['name']}"
    text = f"{document['reason']}\nmarket {event.market}, event {event.id}"
    payload = {
        "type": "alert.fired",
        "seq": event.seq,
        "time": event.time // NS_PER_MS,
        "event": document,
    }
    return Message(event.id, event.severity, title, text, msgspec.json.encode(payload))


def make_channels(settings: Settings, clock: Clock) -> Channels:
    """Return the channels of the settings; raises SettingsError for an address or authorities of no use."""
    authorities = settings.alert_ca_file
    try:
        trust = None if authorities is None else trusting(authorities)
    except OSError as error:  # an ssl.SSLError is one, too
        raise SettingsError(
            f"ALERT_CA_FILE={authorities} cannot be used: {error}", setting="ALERT_CA_FILE"
        ) from error
    try:
        return Channels(
            settings.alert_channels,
            secret=webhook_secret(settings),
            clock=clock,
            allow_private=settings.alert_allow_private_hosts,
            trust=trust,
        )
    except InvalidParameter as error:
        raise SettingsError(f"ALERT_CHANNELS: {error.message}", setting="ALERT_CHANNELS") from error


def make_courier(outbox: MessageOutbox, channels: Channels, settings: Settings, clock: Clock) -> Courier:
    return Courier(
        outbox,
        channels.open,
        clock=clock,
        rng=random.Random(),  # noqa: S311  jitter, not a secret
        delays_s=settings.alert_retry_delays_s,
    )


def webhook_secret(settings: Settings) -> bytes:
    """Return the secret of the settings, or one that was made once and is kept where only its owner can read it."""
    if settings.alert_webhook_secret is not None:
        return settings.alert_webhook_secret.get_secret_value().encode()
    path = settings.data_dir / SECRET_NAME
    try:
        kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
        secret = kept or _make_secret(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be used: {error}", setting="ALERT_WEBHOOK_SECRET") from error
    conceal(secret)
    return secret.encode()


def _make_secret(path: Path) -> str:
    secret = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        path.chmod(0o600)  # it may have been there before, empty
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret

"""What is delivered, and how a delivery can fail."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from quant.errors import QuantError

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Message:
    """One alert event in three forms: a line, a text for people, and JSON for machines.

    `event_id` stays the same however often the message is sent, so that a receiver can tell a repetition.
    """

    event_id: str
    severity: str  # info, warning or critical
    title: str
    text: str
    payload: bytes


def shown(channel: str) -> str:
    """Return a channel as logs and lists may have it: of a webhook's address the host, as the rest may be a secret."""
    if "://" not in channel:
        return channel[:_SHOWN]
    parts = urlsplit(channel)
    return f"{parts.scheme}://{parts.hostname or ''}"[: _SHOWN - 2] + "/…"


class DeliveryFailed(QuantError):
    """The receiver did not take the message; it may later, not before `retry_after_s` where it says so."""

    code = "delivery_failed"

    def __init__(self, reason: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class DeliveryRefused(QuantError):
    """The message cannot be delivered this way, now or later."""

    code = "delivery_refused"

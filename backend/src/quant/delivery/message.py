"""What is delivered, and how a delivery can fail."""

from dataclasses import dataclass

from quant.errors import QuantError


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


class DeliveryFailed(QuantError):
    """The receiver did not take the message; it may later, not before `retry_after_s` where it says so."""

    code = "delivery_failed"

    def __init__(self, reason: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class DeliveryRefused(QuantError):
    """The message cannot be delivered this way, now or later."""

    code = "delivery_refused"

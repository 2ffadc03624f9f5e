"""Stored alert events as the API sees them."""

import msgspec

from quant.engine.protocol import AlertEventView, DeliveryView
from quant.storage.alert_records import StoredDelivery, StoredEvent


def event_view(stored: StoredEvent) -> AlertEventView:
    return AlertEventView(
        change=stored.change,
        number=stored.seq,
        id=stored.id,
        market=stored.market,
        rule_id=stored.rule_id,
        severity=stored.severity,
        time=stored.time,
        document=msgspec.json.decode(stored.document),
        ended_at=stored.ended_at,
        ended_because=stored.ended_because,
        acknowledged_at=stored.acknowledged_at,
    )


def delivery_view(stored: StoredDelivery) -> DeliveryView:
    return DeliveryView(
        stored.id,
        stored.channel,
        stored.state,
        stored.attempts,
        stored.due_at,
        stored.error,
        stored.updated_at,
        event_view(stored.event),
    )

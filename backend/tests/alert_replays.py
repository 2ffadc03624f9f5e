"""Alert rules over a recording: stored before it is played, and what they told once it has been."""

from pathlib import Path
from typing import Any

import msgspec

from quant.alerts.parsing import parse_rule
from quant.alerts.rules import rule_document
from quant.engine.alert_vocabulary import STORED
from quant.storage.alert_records import AlertChanges, StoredRule
from quant.storage.alert_store import AlertStore
from quant.storage.metadata import Metadata
from serving import Client
from waiting import eventually


def document(name: str, *conditions: dict[str, Any], kind: str = "all", **fields: Any) -> dict[str, Any]:
    """Return a rule."""
    return {"name": name, "when": {kind: list(conditions)}} | fields


def store_rules(folder: Path, rules: dict[str, Any]) -> None:
    """Put rules where a server on this folder finds them."""
    metadata = Metadata(f"sqlite:///{folder / 'metadata.sqlite'}")
    metadata.open()
    store = AlertStore(metadata.engine)
    for name, given in rules.items():
        text = msgspec.json.encode(rule_document(parse_rule(given, STORED))).decode()
        store.save_rule(StoredRule(name, 1, text, 1, 1), AlertChanges("", 0), at_ms=1)
    metadata.close()


def evaluated(client: Client) -> list[dict[str, Any]]:
    """Return the events of a recording that has been played."""
    client.wait_finished()

    def is_done() -> bool:
        lines = client.http.get("/metrics").text.splitlines()
        return any(line.startswith("quant_alerts_waiting") and line.endswith(" 0.0") for line in lines)

    eventually(is_done, what="all is evaluated")
    items: list[dict[str, Any]] = client.get("/alerts/history", limit=1000)["items"]
    assert len(items) < 1000
    return sorted(items, key=lambda event: (event["time"], event["rule_id"]))


def facts(event: dict[str, Any]) -> tuple[Any, ...]:
    """Return what two replays have to agree on."""
    return tuple(event[name] for name in ("id", "rule_id", "time", "reason", "evidence", "ended_at"))

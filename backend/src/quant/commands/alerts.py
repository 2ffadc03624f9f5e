"""`quant alerts`: rules and what fired, of the server that runs, or of the data directory where none does."""

import argparse
import json
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from quant.alerts.event_csv import csv_header, csv_lines, iso
from quant.alerts.parsing import parse_rule
from quant.alerts.rules import rule_document
from quant.clock import NS_PER_MS, SystemClock
from quant.commands.handover import RunningServer, server_or_metadata
from quant.engine.alert_delivery import make_channels
from quant.engine.alert_desk import MAX_RULES
from quant.engine.alert_vocabulary import stored_vocabulary
from quant.errors import InvalidRule, NotFound, QuantError, TooLarge
from quant.settings import Settings, load_settings
from quant.storage.alert_records import AlertChanges, EventFilter, StoredEvent, StoredRule
from quant.storage.alert_store import AlertStore

Row = Mapping[str, Any]  # JSON


class Alerts(Protocol):
    """Rules and events, wherever they are."""

    def rules(self) -> list[Row]: ...

    def add(self, document: object) -> Row: ...

    def remove(self, rule_id: str) -> None: ...

    def history(self, *, limit: int, rule_id: str | None) -> list[Row]: ...

    def acknowledge(self, event_id: str) -> None: ...


class ServedAlerts:
    """Those of a running server."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def rules(self) -> list[Row]:
        items: list[Row] = self._server.request("GET", "/alerts")["items"]
        return items

    def add(self, document: object) -> Row:
        made: Row = self._server.request("POST", "/alerts", json=document)
        return made

    def remove(self, rule_id: str) -> None:
        self._server.request("DELETE", f"/alerts/{_word(rule_id)}")

    def history(self, *, limit: int, rule_id: str | None) -> list[Row]:
        wanted = {"limit": limit} | ({"rule_id": rule_id} if rule_id is not None else {})
        items: list[Row] = self._server.request("GET", "/alerts/history", params=wanted)["items"]
        return items

    def acknowledge(self, event_id: str) -> None:
        self._server.request("POST", f"/alerts/{_word(event_id)}/ack")


class StoredAlerts:
    """Those of a data directory that nobody serves; symbols are checked by the market that runs next."""

    def __init__(self, store: AlertStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def rules(self) -> list[Row]:
        return [_rule_row(rule) for rule in self._store.rules()]

    def add(self, document: object) -> Row:
        channels = make_channels(self._settings, SystemClock())
        rule = parse_rule(document, stored_vocabulary(self._settings, channels.check))
        if len(self._store.rules()) >= MAX_RULES:
            raise TooLarge(f"there are {MAX_RULES} rules, and no more are taken", limit=MAX_RULES)
        text = msgspec.json.encode(rule_document(rule)).decode()
        stored = StoredRule(secrets.token_hex(6), 1, text, _now_ms(), _now_ms())
        self._store.save_rule(stored, AlertChanges("", 0), at_ms=_now_ms())
        return _rule_row(stored)

    def remove(self, rule_id: str) -> None:
        self._store.remove_rule(rule_id, AlertChanges("", 0), at_ms=_now_ms())

    def history(self, *, limit: int, rule_id: str | None) -> list[Row]:
        page = self._store.history(EventFilter(rule_id=rule_id), limit=limit)
        return [_event_row(event) for event in page.items]

    def acknowledge(self, event_id: str) -> None:
        self._store.acknowledge(event_id, at_ms=_now_ms())


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked for; return the exit code."""
    document = _read_document(arguments.file) if arguments.what == "add" else None
    with _opened(load_settings()) as alerts:
        match arguments.what:
            case "list":
                _show_rules(alerts.rules(), as_json=arguments.json)
            case "add":
                for each in document if isinstance(document, list) else [document]:
                    _print(f"added {alerts.add(each)['id']}")
            case "remove":
                alerts.remove(arguments.id)
                _print(f"removed {arguments.id}")
            case "history":
                found = alerts.history(limit=arguments.limit, rule_id=arguments.rule)
                _show_events(found, as_json=arguments.json, as_csv=arguments.csv)
            case "ack":
                alerts.acknowledge(arguments.id)
                _print(f"acknowledged {arguments.id}")
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[Alerts]:
    with server_or_metadata(settings) as owner:
        yield (
            ServedAlerts(owner)
            if isinstance(owner, RunningServer)
            else StoredAlerts(AlertStore(owner.engine), settings)
        )


def _read_document(name: str) -> Any:  # JSON of any shape
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QuantError(f"{name} cannot be read: {error}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRule("", f"{name} is not JSON: {str(error)[:100]}") from error


def _word(text: str) -> str:
    if not (text.isascii() and text.isalnum() and len(text) <= 40):
        raise NotFound(f"there is nothing of the id {text[:80]!r}")
    return text


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS


def _rule_row(rule: StoredRule) -> Row:
    row: Row = msgspec.json.decode(rule.document) | {
        "id": rule.id,
        "revision": rule.revision,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
    }
    return row


def _event_row(event: StoredEvent) -> Row:
    row: Row = msgspec.json.decode(event.document) | {
        "seq": event.change,
        "number": event.seq,
        "ended_at": None if event.ended_at is None else event.ended_at // NS_PER_MS,
        "ended_because": event.ended_because,
        "acknowledged_at": event.acknowledged_at,
    }
    return row


# --- what is shown ---


def _show_rules(rules: Iterable[Row], *, as_json: bool) -> None:
    rules = list(rules)
    if as_json:
        _print(json.dumps(rules, indent=2, ensure_ascii=False))
        return
    for rule in rules:
        standing = rule.get("standing") or ("" if rule["enabled"] else "disabled")
        _print(f"{rule['id']}  {rule['severity']:8}  {standing:10}  {rule['name']}".rstrip())
    if not rules:
        _print("no rules")


def _show_events(events: Iterable[Row], *, as_json: bool, as_csv: bool) -> None:
    events = list(events)
    if as_json:
        _print(json.dumps(events, indent=2, ensure_ascii=False))
    elif as_csv:
        sys.stdout.write(csv_header() + csv_lines(events))
    else:
        for event in events:
            moment, severity, name = iso(event["time"]), event["severity"], event["rule"]["name"]
            state = "firing" if event["ended_at"] is None else str(event["ended_because"])
            seen = "" if event["acknowledged_at"] is None else ", acknowledged"
            _print(f"{event['id']}  {moment}  {severity:8}  {name}: {event['reason']} ({state}{seen})")
        if not events:
            _print("nothing fired")


def _print(text: str) -> None:
    print(text)  # noqa: T201  the command's own voice

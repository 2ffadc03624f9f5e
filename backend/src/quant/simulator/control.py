"""The control messages of a WebSocket connection: text in, reply out, no socket."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from quant.simulator.streams import Category
from quant.simulator.wire import compact

MAX_STREAMS = 1024
_INVALID_REQUEST = 2
_INVALID_JSON = 3
_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS")


@dataclass(slots=True)
class Subscriptions:
    """What one connection asked for, in order, whether or not it can ever deliver."""

    category: Category
    combined: bool
    on_add: Callable[[str], None]
    on_remove: Callable[[str], None]
    names: dict[str, None] = field(default_factory=dict)

    def add(self, names: list[str]) -> None:
        for name in names:
            if name not in self.names:
                self.names[name] = None
                self.on_add(name)

    def remove(self, names: list[str]) -> None:
        for name in names:
            if name in self.names:
                del self.names[name]
                self.on_remove(name)

    def fits(self, names: list[str]) -> bool:
        """Return whether adding `names` stays within the exchange's limit."""
        return len(self.names.keys() | set(names)) <= MAX_STREAMS


class _RequestError(Exception):
    """The request is refused; the message says why."""


def reply_to(message: bytes, subscriptions: Subscriptions) -> bytes:
    """Carry out one control message and return the reply the exchange gives."""
    try:
        request = json.loads(message)
    except ValueError as error:
        return _error(_INVALID_JSON, f"Invalid JSON: {error}", None)
    identity = request.get("id") if isinstance(request, dict) else None
    try:
        result = _carry_out(request, subscriptions)
    except _RequestError as error:
        valid = identity if _is_identity(identity) else None
        return _error(_INVALID_REQUEST, f"Invalid request: {error}", valid)
    return compact({"result": result, "id": identity})


def _carry_out(request: object, subscriptions: Subscriptions) -> list[str] | None:
    if not isinstance(request, dict):
        raise _RequestError("not an object")
    method = request.get("method")
    if method not in _METHODS:
        raise _RequestError(f"unknown variant {method!r}, expected one of {', '.join(_METHODS)}")
    if not _is_identity(request.get("id")):
        raise _RequestError("request ID must be an unsigned integer or a string")
    if method == "LIST_SUBSCRIPTIONS":
        return list(subscriptions.names)
    names = _names(request.get("params"))
    if method == "UNSUBSCRIBE":
        subscriptions.remove(names)
        return None
    if not subscriptions.fits(names):
        raise _RequestError(f"too many streams, at most {MAX_STREAMS} on a connection")
    subscriptions.add(names)
    return None


def _names(params: object) -> list[str]:
    if not isinstance(params, list) or not params:
        raise _RequestError("params must be a non-empty array of stream names")
    names = [name for name in params if isinstance(name, str)]
    if len(names) != len(params):
        raise _RequestError("params must hold strings only")
    return names


def _is_identity(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return value is None or isinstance(value, str) or (isinstance(value, int) and value >= 0)


def _error(code: int, text: str, identity: object) -> bytes:
    return compact({"error": {"code": code, "msg": text}, "id": identity})
